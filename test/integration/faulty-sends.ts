import type { Settings } from '../../src/config/settings.js';
import { classifySendFailure, type SendFailure } from '../../src/messaging/outbox/send-outcome.js';
import { Timers } from '../../src/runtime/timers.service.js';
import type { Sandbox } from '../../src/sandbox/sandbox-server.service.js';
import { MessagesV1 } from '../../src/x-api/messages-v1.service.js';
import { XClient } from '../../src/x-api/x-client.service.js';
import { XConnection } from '../../src/x-api/x-connection.service.js';
import { XFailure } from '../../src/x-api/x-failure.js';
import { NAJM, RANIA } from '../e2e/cast.js';

/** FAULTS=500 is the long form. */
export const SENDS = Number(process.env['FAULTS'] ?? 25);
/** More than one call, and each still ends well within this. */
export const WITHIN_MS = 10_000 + SENDS * 1_000;
const TOGETHER = 8;

export type Outcome = 'sent' | SendFailure['kind'];
export type Classify = typeof classifySendFailure;

/** What a rule makes of one send, beside what X's ledger has of it. */
export interface Finding {
  outcome: Outcome;
  isTaken: boolean;
}

/** A definite answer that X's ledger contradicts. */
export const isWrong = ({ outcome, isTaken }: Finding): boolean => (outcome === 'sent' && !isTaken) || (['failed', 'retry', 'rate-limited'].includes(outcome) && isTaken);
export const kinds = (findings: readonly Finding[]): Outcome[] => [...new Set(findings.map(({ outcome }) => outcome))].sort();

/** For what is never answered: as short as may be, since it is waited for to its end. */
export const IMPATIENT: Partial<Settings['x']> = { timeoutMs: 250, connectTimeoutMs: 150 };

/** A busy machine is no fault: there is time enough for what is answered. */
export const xSettings = (apiUrl: string, changes: Partial<Settings['x']> = {}): Settings['x'] => ({
  apiUrl,
  uploadUrl: apiUrl,
  timeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  maxConnections: TOGETHER,
  ...changes,
});

let texts = 0;

/** Sends over real sockets, several at once, and waits until X has done with all that reached it. */
export async function sendAll(sandbox: Sandbox, x: Settings['x'], classify: Classify = classifySendFailure, before: () => void = () => undefined): Promise<Finding[]> {
  const connection = new XConnection(x, new Timers());
  const messages = new MessagesV1(new XClient(connection, x));
  const outcomes: { text: string; outcome: Outcome }[] = [];
  const one = async (): Promise<void> => {
    const text = `fault ${(texts += 1)}`;
    before();
    const outcome = await messages.sendText(NAJM.credentials, RANIA.id, text).then(
      () => 'sent' as const,
      (error: unknown) => {
        if (!(error instanceof XFailure)) throw error;
        return classify(error).kind;
      },
    );
    outcomes.push({ text, outcome });
  };
  for (let sent = 0; sent < SENDS; sent += TOGETHER) {
    await Promise.all(Array.from({ length: Math.min(TOGETHER, SENDS - sent) }, one));
  }
  connection.onApplicationShutdown();
  await sandbox.whenIdle();
  const taken = new Set(sandbox.ledger.sends.map(({ text }) => text));
  return outcomes.map(({ text, outcome }) => ({ outcome, isTaken: taken.has(text) }));
}
