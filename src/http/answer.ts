/** What an operation that creates something answers, before it is text. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** The same as the bytes that leave: a replay repeats them exactly. */
export interface WrittenAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  isReplay: boolean;
}

export function writeAnswer(answer: Answer): WrittenAnswer {
  return { status: answer.status, headers: answer.headers, body: JSON.stringify(answer.body), isReplay: false };
}

/** The same value always as the same text: object keys are sorted, so that their order in a request does not matter. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) =>
    typeof nested === 'object' && nested !== null && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)))
      : nested,
  );
}
