import { checkFields } from './check-settings.js';
import { SETTING_FIELDS } from './sources/setting-fields.js';
import type { SettingProblem } from './setting-problem.js';

describe('a setting that stands nowhere', () => {
  it.each([...SETTING_FIELDS.keys()])('is reported, because the code knows no default: %s', (missing) => {
    const problems: SettingProblem[] = [];
    const others = [...SETTING_FIELDS.keys()].filter((key) => key !== missing);
    const unresolved = { value: null, origin: 'default.yaml:1', isFromFile: true, isUnresolved: true };
    checkFields(new Map(others.map((key) => [key, unresolved])), problems, 'config/default.yaml');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ key: missing, origin: 'config/default.yaml' });
    expect(problems[0]?.wrong).toMatch(/^is missing; it must be \S/);
  });
});
