import { Choice } from '../fuzz/choice.js';
import { type Document, isList, type Operation, operationsOf, parametersIn } from '../fuzz/document.js';
import { Memory } from '../fuzz/memory.js';
import { kindInPath } from '../fuzz/things.js';
import { RunningClock } from '../support/running-clock.js';
import { FIBRE, NAJM, RANIA, TOM } from './cast.js';
import { type Answer, type Both, type CallOptions, FIBRE_CHANNEL, NAJM_CHANNEL, startBoth } from './service.js';
import openApi from '../../openapi.json';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
const STEPS = Number(process.env['TEAM_STEPS'] ?? 60);
const QUARTER_HOUR_MS = 15 * 60_000;
const SCOPES = ['channels:read', 'channels:write', 'messages:send', 'messages:read', 'callbacks:read', 'callbacks:write'];
const OUR_ID = /\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b/g;

interface Team {
  name: string;
  key: string;
  brand: string;
  channel: object;
  /** Ids that this team was told of. */
  memory: Memory;
  ids: Set<string>;
  /** All that only this team may read, wherever it is told. */
  marks: string[];
}

// No `admin`: who has it manages the keys of all teams.
const reads = operationsOf(openApi as unknown as Document).filter(({ method, isSecured, id }) => isSecured && method === 'GET' && !id.startsWith('ApiKeys.') && !id.startsWith('AuditLog.'));

describe('Two teams side by side', () => {
  const clock = new RunningClock();
  let both: Both;
  let teams: [Team, Team];

  const makeTeam = async (name: string, brand: string, channel: object): Promise<Team> => {
    const { body } = await both.service.call('/v1/api-keys', { body: { team: name, scopes: SCOPES } });
    return { name, key: body['key'], brand, channel: { ...channel, name: `Channel of ${name}` }, memory: new Memory(), ids: new Set(), marks: [`of ${name}`, brand] };
  };

  beforeAll(async () => {
    both = await startBoth({ clock });
    teams = [await makeTeam('amber', NAJM.id, NAJM_CHANNEL), await makeTeam('basil', FIBRE.id, FIBRE_CHANNEL)];
  });
  afterAll(() => both.stop());

  /** Every answer to a team is looked at: no id that the other was told of, no word of the other's. */
  const ask = async (team: Team, path: string, options: CallOptions = {}): Promise<Answer> => {
    const answer = await both.service.call(path, { key: team.key, ...options });
    const other = teams[0] === team ? teams[1] : teams[0];
    // What was asked for stands in the answer's `instance`, and that is all.
    const told = answer.text.replaceAll(path.split('?')[0] ?? '', '');
    const leaks = [...[...told.matchAll(OUR_ID)].map(([id]) => id).filter((id) => other.ids.has(id)), ...other.marks.filter((mark) => told.includes(mark))];
    expect({ team: team.name, path, leaks }).toEqual({ team: team.name, path, leaks: [] });
    if (answer.status < 300) {
      team.memory.learn('', told);
      for (const [id] of told.matchAll(OUR_ID)) team.ids.add(id);
    }
    return answer;
  };

  /** All pages of all lists, and each thing that the team knows. Gives how much there was to see. */
  const readAll = async (team: Team): Promise<number> => {
    let seen = 0;
    for (const operation of reads) {
      for (const path of pathsOf(operation, team.memory)) {
        let next: string | null = isList(operation) ? '' : null;
        do {
          const query: string = isList(operation) ? `?limit=7${next ? `&cursor=${next}` : ''}` : '';
          const { status, body } = await ask(team, `${path}${query}`);
          expect([200, 404]).toContain(status);
          seen += status === 200 && isList(operation) ? body['data'].length : 0;
          next = status === 200 && isList(operation) ? body['page'].next : null;
        } while (next !== null);
      }
    }
    return seen;
  };

  const steps: [string, (team: Team, other: Team, choice: Choice) => Promise<unknown>][] = [
    ['makes its channel', (team) => ask(team, '/v1/channels', { body: team.channel, headers: { 'idempotency-key': 'make' } })],
    ['makes its channel again', (team) => ask(team, '/v1/channels', { body: team.channel })],
    ['connects', (team, _other, choice) => ask(team, `/v1/channels/${newest(team, 'chn', choice)}/connect`, { method: 'POST', body: { takeOver: true } })],
    ['disconnects', (team, _other, choice) => ask(team, `/v1/channels/${newest(team, 'chn', choice)}/disconnect`, { method: 'POST' })],
    ['deletes a channel', (team, _other, choice) => ask(team, `/v1/channels/${newest(team, 'chn', choice)}`, { method: 'DELETE' })],
    ['begins a sign-in', (team, _other, choice) => ask(team, '/v1/channels/authorizations', { body: { channelId: newest(team, 'chn', choice) } })],
    ['sends with a key that both use', (team) => send(team, { headers: { 'idempotency-key': 'both' } })],
    ...['sends', 'sends once more', 'sends a third time'].map((name): (typeof steps)[number] => [name, (team) => send(team)]),
    ['cancels', (team, _other, choice) => ask(team, `/v1/messages/${newest(team, 'msg', choice)}`, { method: 'DELETE' })],
    ...['is written to', 'is written to again'].map((name): (typeof steps)[number] => [name, (team, _other, choice) => both.sandbox.conversations.write(choice.from([RANIA.id, TOM.id]), 'participant', { to: team.brand, text: `Words of ${team.name}` })]),
    ['asks for what is the other’s', (team, other, choice) => askForForeign(team, other, choice)],
    ['sends as the other', async (team, other) => expect((await send(team, {}, other.brand)).status).toBe(404)],
    ['lets time pass', async () => clock.advance(QUARTER_HOUR_MS)],
  ];

  const send = (team: Team, options: CallOptions = {}, from = team.brand): Promise<Answer> =>
    ask(team, '/v1/messages', { body: { from, to: { number: RANIA.id }, content: { type: 'text', text: `A text of ${team.name}` } }, ...options });

  const newest = (team: Team, kind: string, choice: Choice): string => (choice.isOneIn(4) ? undefined : team.memory.all(kind).at(-1)) ?? `${kind}_${'0'.repeat(26)}`;

  async function askForForeign(team: Team, other: Team, choice: Choice): Promise<void> {
    for (const operation of reads.filter(({ path }) => path.includes('{'))) {
      const paths = pathsOf(operation, other.memory);
      if (paths.length > 0) expect((await ask(team, choice.from(paths))).status).toBe(404);
    }
    for (const operation of reads.filter((each) => parametersIn(each, 'query').some(({ name }) => name === 'channelId'))) {
      const { body } = await ask(team, `${operation.path}?channelId=${other.memory.all('chn').at(-1) ?? 'none'}`);
      expect(body['data']).toEqual([]);
    }
  }

  it(
    `each see what is theirs and nothing of the other's, after each of ${STEPS} steps (FUZZ_SEED=${SEED})`,
    async () => {
      const seen: Record<string, number> = {};
      // Both have something to hide before chance goes on.
      for (const team of teams) {
        const { body } = await ask(team, '/v1/channels', { body: team.channel });
        await ask(team, `/v1/channels/${body['id']}/connect`, { method: 'POST' });
        await both.sandbox.conversations.write(RANIA.id, 'participant', { to: team.brand, text: `Words of ${team.name}` });
      }
      for (let at = 0; at < STEPS; at += 1) {
        const choice = new Choice(SEED + at);
        const [team, other] = choice.isOneIn(2) ? teams : [teams[1], teams[0]];
        await choice.from(steps)[1](team, other, choice);
        for (const each of teams) seen[each.name] = (seen[each.name] ?? 0) + (await readAll(each));
      }
      // A run in which there was hardly anything to see would show nothing.
      for (const { name } of teams) expect(seen[name]).toBeGreaterThan(STEPS * 3);
    },
    60_000 + STEPS * 2_000,
  );
});

/** The operation's address for each thing of that kind that is known, the latest few. */
function pathsOf(operation: Operation, memory: Memory): string[] {
  if (!operation.path.includes('{')) return [operation.path];
  const kind = kindInPath(operation.path, /\{(\w+)\}/.exec(operation.path)?.[1] ?? '');
  return memory.all(kind).slice(-4).map((id) => operation.path.replace(/\{\w+\}/, id));
}
