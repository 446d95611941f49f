import { Choice } from './choice.js';
import { complaintsOf, pollution, type Recorded } from './checks.js';
import { type Document, operationsOf } from './document.js';
import { describeRequest, type MadeRequest } from './made-request.js';
import { Memory } from './memory.js';
import { type Secrets, RequestMaker } from './request-maker.js';
import { kindOfName } from './things.js';
import { ValidValues } from './valid-values.js';
import { createValidator } from './validator.js';
import { Wire } from './wire.js';

export interface Campaign {
  url: string;
  document: Document;
  secrets: Secrets;
  seed: number;
  requests: number;
  now: () => number;
  /** Texts that mean something beside ids of ours: accounts, participants, credentials, by the field's name. */
  words: Readonly<Record<string, readonly unknown[]>>;
  /** Before each batch: makes sure that there is something to ask about, and tells of it in answers. */
  prepare: () => Promise<string[]>;
  batch?: number;
  report?: (line: string) => void;
}

export interface Outcome {
  sent: number;
  byStatus: Record<string, number>;
  byKind: Record<string, number>;
  /** The operations that answered 2xx at least once. */
  succeeded: Set<string>;
  failures: string[];
}

const STOP_AFTER_FAILURES = Number(process.env['FUZZ_STOP_AFTER'] ?? 5);
const REPORT_EVERY = 2_000;

/** Sends made requests for every operation of the document in turn, and holds each answer against the document. */
export async function run(campaign: Campaign): Promise<Outcome> {
  const { document, seed, requests, batch = 50 } = campaign;
  // A form of parts is none of JSON's business: what comes in one has tests of its own.
  const operations = operationsOf(document).filter(({ path, method }) => !('multipart/form-data' in (document.paths[path]?.[method.toLowerCase()]?.requestBody?.content ?? {})));
  const validator = createValidator(document);
  const memory = new Memory();
  for (const number of campaign.words['number'] ?? []) memory.keep('participant', String(number));
  const known = (name: string): readonly unknown[] => campaign.words[name] ?? memory.all(kindOfName(name) ?? name);
  const maker = new RequestMaker(document, operations, validator, new ValidValues(document, validator, known, campaign.now), memory, campaign.secrets);
  const outcome: Outcome = { sent: 0, byStatus: {}, byKind: {}, succeeded: new Set(), failures: [] };
  const wire = new Wire(campaign.url);
  try {
    for (let at = 0; at < requests && outcome.failures.length < STOP_AFTER_FAILURES; at += 1) {
      if (at % batch === 0) {
        for (const text of await campaign.prepare()) memory.learn('', text);
        for (const name of pollution()) outcome.failures.push(`The prototype of all objects has “${name}” after ${at} requests (FUZZ_SEED=${seed}).`);
      }
      const operation = operations[at % operations.length];
      if (operation === undefined) throw new Error('The document has no operation.');
      const request = maker.make(operation, new Choice(seed + at));
      const answer = await wire.send(request);
      if (answer.status < 300) memory.learn(operation.id, answer.text);
      count(outcome, operation.id, request, answer);
      const complaints = complaintsOf(document, validator, operation, request, answer);
      if (complaints.length > 0) outcome.failures.push(describeFailure(complaints, request, answer, at, seed));
      if (outcome.sent % REPORT_EVERY === 0) campaign.report?.(`${outcome.sent} of ${requests} requests: ${JSON.stringify(outcome.byStatus)}`);
    }
  } finally {
    wire.close();
  }
  return outcome;
}

function count(outcome: Outcome, operationId: string, { expectation }: MadeRequest, { status }: Recorded): void {
  outcome.sent += 1;
  outcome.byStatus[status] = (outcome.byStatus[status] ?? 0) + 1;
  outcome.byKind[expectation.kind] = (outcome.byKind[expectation.kind] ?? 0) + 1;
  if (status < 300) outcome.succeeded.add(operationId);
}

function describeFailure(complaints: readonly string[], request: MadeRequest, answer: Recorded, at: number, seed: number): string {
  return [`— ${complaints.join('; ')}`, describeRequest(request), `→ ${answer.status} ${answer.text.slice(0, 1_500)}`, `(request ${at}, FUZZ_SEED=${seed})`].join('\n');
}
