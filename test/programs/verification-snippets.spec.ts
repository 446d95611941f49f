import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signDelivery } from '../../src/callbacks/delivery/delivery-signature.js';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
const BODY = JSON.stringify({ id: 'evt_1', type: 'message.received', data: { text: 'Grüße, 日本' } });

const languages = {
  js: { file: 'verify.cjs', program: process.execPath, run: "const { secret, headers, body } = JSON.parse(require('node:fs').readFileSync(0, 'utf8')); console.log(JSON.stringify(verify(secret, headers, Buffer.from(body, 'base64'))));" },
  python: { file: 'verify.py', program: 'python3', run: 'import sys\ngiven = json.load(sys.stdin)\nprint(json.dumps(verify(given["secret"], given["headers"], base64.b64decode(given["body"]))))' },
};

describe.each(Object.entries(languages))('The %s of docs/callbacks.md', (language, { file, program, run }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dm-channel-snippets-'));
    const [, snippet] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readFileSync('docs/callbacks.md', 'utf8')) ?? [];
    writeFileSync(join(folder, file), `${snippet}\n${run}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const verify = (secrets: string[], change: { body?: string; at?: number; headers?: Record<string, string> } = {}): unknown => {
    const headers = { ...signDelivery(secrets, 'evt_1', change.at ?? Math.floor(Date.now() / 1_000), BODY), ...change.headers };
    const input = JSON.stringify({ secret: SECRET, headers, body: Buffer.from(change.body ?? BODY).toString('base64') });
    return JSON.parse(execFileSync(program, [join(folder, file)], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] })) as unknown;
  };

  it('takes what is ours, also while a secret is being replaced', () => {
    expect(verify([SECRET])).toEqual(JSON.parse(BODY));
    expect(verify([OTHER, SECRET])).toEqual(JSON.parse(BODY));
  });

  it.each([
    ['another secret', [OTHER], {}],
    ['a changed body', [SECRET], { body: BODY.replace('evt_1', 'evt_2') }],
    ['an old call', [SECRET], { at: Math.floor(Date.now() / 1_000) - 600 }],
    ['another id', [SECRET], { headers: { 'webhook-id': 'evt_2' } }],
    ['no signature', [SECRET], { headers: { 'webhook-signature': '' } }],
    ['a signature of another kind', [SECRET], { headers: { 'webhook-signature': 'v2,AAAA' } }],
  ] as [string, string[], { body?: string; at?: number; headers?: Record<string, string> }][])('refuses %s', (_, secrets, change) => {
    expect(() => verify(secrets, change)).toThrow();
  });
});
