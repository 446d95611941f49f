/** One thing that is wrong with the configuration. None of the three texts ever holds a secret. */
export interface SettingProblem {
  /** The setting, such as `webhook.maxBodyBytes` or `channels[0].name`, or the file or variable itself. */
  key: string;
  /** The value as it may be shown and what is allowed instead, or what is unknown about it. */
  wrong: string;
  /** Where it stands: a file with its line, or the name of a variable. */
  origin: string;
}

/** All that is wrong with the configuration, in one message for the person who starts the service. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly SettingProblem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    const lines = problems.map(({ key, wrong, origin }) => `  ${key}: ${wrong} [from ${origin}]`);
    super([`The configuration has ${count}, so nothing is started:`, ...lines].join('\n'));
    this.name = 'SettingsError';
  }
}
