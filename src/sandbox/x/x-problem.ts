import { jsonAnswer, type Answer } from '../wire/exchange.js';
import { writeJson } from '../wire/json-text.js';
import type { XErrorEntry } from './x-error.js';

/** v2's words for what v1.1 has codes for. The texts of 403 are from live answers. */
const FORBIDDEN: Readonly<Record<number, string>> = {
  150: 'You do not have permission to DM one or more participants.',
  349: 'You do not have permission to DM one or more participants.',
  63: 'You do not have permission to DM one or more participants.',
  64: 'This operation is not permitted.',
  93: 'Forbidden',
};

/** A refusal as v2 writes it: a problem without a code. */
export function problemAnswer([status, code, message]: XErrorEntry): Answer {
  const [title, detail] = wordsOf(status, code, message);
  return jsonAnswer(status, writeJson({ title, detail, type: 'about:blank', status }));
}

function wordsOf(status: number, code: number, message: string): [title: string, detail: string] {
  switch (status) {
    case 401:
      return ['Unauthorized', 'Unauthorized'];
    case 403:
      return ['Forbidden', FORBIDDEN[code] ?? message];
    case 429:
      return ['Too Many Requests', 'Too Many Requests'];
    default:
      return ['Invalid Request', message];
  }
}
