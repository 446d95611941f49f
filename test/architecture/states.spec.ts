import { readFileSync, writeFileSync } from 'node:fs';
import { MESSAGE_STATUSES, MESSAGE_STEPS, type MessageStep } from '../../src/messaging/message/message-status.js';

const PAGE = 'docs/states.md';
const STEPS = /<!-- steps -->\n([^]*?)\n<!-- \/steps -->/;

/** The table of the page. `WRITE_STATES=1` writes it anew. */
function tableOf(steps: readonly MessageStep[]): string {
  return ['| From | To | When |', '| --- | --- | --- |', ...steps.map(({ from, to, when }) => `| \`${from}\` | \`${to}\` | ${when} |`)].join('\n');
}

function tableOn(page: string): string {
  return STEPS.exec(page)?.[1] ?? '';
}

describe('docs/states.md', () => {
  const page = readFileSync(PAGE, 'utf8');

  it('has the steps that the code takes, and no others', () => {
    if (process.env['WRITE_STATES'] === '1') {
      writeFileSync(PAGE, page.replace(STEPS, () => `<!-- steps -->\n${tableOf(MESSAGE_STEPS)}\n<!-- /steps -->`));
    } else {
      expect(tableOn(page)).toBe(tableOf(MESSAGE_STEPS));
    }
  });

  it('control: a step more in the code is noticed', () => {
    expect(tableOn(page)).not.toBe(tableOf([...MESSAGE_STEPS, { from: 'unknown', to: 'queued', when: 'It is sent again.' }]));
  });

  it('says what each status means', () => {
    for (const status of MESSAGE_STATUSES) {
      expect(page).toMatch(new RegExp(`^- \`${status}\`: `, 'm'));
    }
  });
});
