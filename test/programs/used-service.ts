import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox-server.service.js';
import { callProcess, connectChannel, startServiceProcess } from '../chaos/service-process.js';
import type { AnswerBody } from '../e2e/answers.js';
import { NAJM, RANIA } from '../e2e/cast.js';
import { queryDatabase } from '../e2e/database.js';
import { ADMIN_KEY, fault, newcomer, textTo } from '../e2e/service.js';
import { eventually } from '../support/eventually.js';
import { freePort, type RunningProcess } from '../support/processes.js';
import { Receiver } from '../support/receiver.js';

/** One message at X at a time, which X may keep waiting for longer than a test takes. */
const PATIENT = {
  TWITTER_CHANNEL__MESSAGING__CONCURRENCY: '1',
  TWITTER_CHANNEL__MESSAGING__CONCURRENCY_PER_CHANNEL: '1',
  TWITTER_CHANNEL__MESSAGING__POLL_MS: '50',
  TWITTER_CHANNEL__X__TIMEOUT_MS: '120000',
  TWITTER_CHANNEL__MESSAGING__LEASE_MS: '200000',
  // X's history would settle what nobody was told of.
  TWITTER_CHANNEL__TIMETABLE__RECOVERY_MS: '3600000',
  TWITTER_CHANNEL__TIMETABLE__UNKNOWN_MESSAGES_MS: '3600000',
  TWITTER_CHANNEL__CALLBACKS__ALLOWED_HOSTS: '127.0.0.1',
};
/** By then what was under way when the service died is anybody's. */
export const LEASE_IS_OVER_MS = 201_000;

const LISTS = ['api-keys', 'channels', 'callbacks', 'conversations', 'messages', 'events', 'audit-log'] as const;

/** What a service answers, by list: what has come to its end, without what a request itself changes. */
export type Answers = Record<(typeof LISTS)[number], AnswerBody[]>;

export interface UsedService {
  sandbox: Sandbox;
  receiver: Receiver;
  file: string;
  port: number;
  /** `node dist/main.js` on the file, as it was when it was killed. */
  process: RunningProcess;
  env: Record<string, string>;
  answers: Answers;
  /** By the status that each had: `sending` is one that X has taken, without an answer so far. */
  ids: Record<'received' | 'sent' | 'failed' | 'held' | 'cancelled' | 'unknown' | 'sending' | 'claimed' | 'queued', string>;
}

/** A service that ran on SQLite against the sandbox, has a message in every state, and still runs. */
export async function useService(folder: string): Promise<UsedService> {
  const sandbox = await startSandbox();
  const receiver = await Receiver.start();
  const file = join(folder, 'service.db');
  const port = await freePort();
  const { process, url } = startServiceProcess({ databaseUrl: `sqlite:${file}`, port, sandbox, env: PATIENT });
  await process.waitUntilReady(url);
  await connectChannel(url);
  const post = async (path: string, body: unknown): Promise<AnswerBody> => (await callProcess(`${url}/v1/${path}`, { body }))?.body as unknown as AnswerBody;
  const send = async (text: string, to = newcomer(sandbox), more = {}): Promise<string> => (await post('messages', { ...textTo(text, to), ...more }))['id'];
  await post('callbacks', { url: receiver.url, events: ['*'] });
  await post('api-keys', { team: 'default', scopes: ['messages:read'] });

  await sandbox.conversations.write(RANIA.id, 'participant', { to: NAJM.id, text: 'Grüße, 日本 \u{1F680} "quoted" \\ back' });
  const received = await eventually(async () => (await listOf(url, 'messages'))[0]?.['id'] ?? null, 'the message is there');
  const sent = await send('sent already', RANIA.id);
  await inStatus(url, sent, 'sent');
  fault(sandbox, { route: 'send', kind: 'status', status: 403, code: 349 });
  const failed = await send('refused');
  await inStatus(url, failed, 'failed');
  const held = await send('waits for an inbound message', newcomer(sandbox), { beyondAllotment: 'hold' });
  const cancelled = await send('taken back', newcomer(sandbox), { beyondAllotment: 'hold' });
  await fetch(`${url}/v1/messages/${cancelled}`, { method: 'DELETE', headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const lost = newcomer(sandbox);
  fault(sandbox, { route: 'echo', kind: 'echo-drop', participant: lost });
  fault(sandbox, { route: 'send', kind: 'accept-then-500' });
  const unknown = await send('who knows', lost);
  await inStatus(url, unknown, 'unknown');

  const hanging = newcomer(sandbox);
  fault(sandbox, { route: 'echo', kind: 'echo-drop', participant: hanging });
  fault(sandbox, { route: 'send', kind: 'accept-then-hang', participant: hanging });
  const sending = await send('taken, and nobody was told', hanging);
  await inStatus(url, sending, 'sending');
  const claimed = await send('claimed only');
  await eventually(async () => expect(await storedStatus(file, claimed)).toBe('claimed'), 'it is claimed');
  const queued = await send('behind the one that hangs', hanging);
  await eventually(() => receiver.calls.length > 0, 'the receiver is told');
  const answers = await eventually(async () => {
    const [before, after] = [await readAnswers(url), await readAnswers(url)];
    expect(after).toEqual(before);
    return after;
  }, 'nothing happens any more');
  return { sandbox, receiver, file, port, process, env: PATIENT, answers, ids: { received, sent, failed, held, cancelled, unknown, sending, claimed, queued } };
}

/** Callers see a claimed message as a queued one. */
async function storedStatus(file: string, id: string): Promise<string | undefined> {
  return (await queryDatabase(`sqlite:${file}`, `SELECT status FROM messages WHERE id = '${id}'`))[0]?.status;
}

async function listOf(url: string, path: string): Promise<AnswerBody[]> {
  const answer = await callProcess(`${url}/v1/${path}?limit=100`, {});
  return (answer?.body['data'] ?? []) as AnswerBody[];
}

async function inStatus(url: string, id: string, status: string): Promise<void> {
  await eventually(async () => expect((await callProcess(`${url}/v1/messages/${id}`, {}))?.body['status']).toBe(status), `${id} is ${status}`, { withinMs: 15_000 });
}

const ENDED = ['received', 'sent', 'read', 'failed', 'cancelled'];

/** All that a service answers of what no longer changes. */
export async function readAnswers(url: string): Promise<Answers> {
  const answers = {} as Answers;
  for (const list of LISTS) {
    answers[list] = await listOf(url, list);
  }
  answers.messages = answers.messages.filter(({ status }) => ENDED.includes(String(status)));
  answers['api-keys'] = answers['api-keys'].map((key) => ({ ...key, lastUsedAt: null }));
  return answers;
}
