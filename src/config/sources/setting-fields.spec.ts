import { parseVariable, SETTING_FIELDS } from './setting-fields.js';

const fieldOf = (key: string) => {
  const field = SETTING_FIELDS.get(key);
  if (field === undefined) throw new Error(`No setting ${key}`);
  return field;
};

describe('the variable of a setting', () => {
  it.each([
    ['webhook.maxBodyBytes', 'TWITTER_CHANNEL__WEBHOOK__MAX_BODY_BYTES'],
    ['x.apiUrl', 'TWITTER_CHANNEL__X__API_URL'],
    ['ratePolicy.countMessagesSentElsewhere', 'TWITTER_CHANNEL__RATE_POLICY__COUNT_MESSAGES_SENT_ELSEWHERE'],
  ])('is named after its key: %s, %s', (key, variable) => {
    expect(fieldOf(key).variable).toBe(variable);
  });

  it('is never the variable of two', () => {
    const variables = [...SETTING_FIELDS.values()].flatMap(({ variable, shortVariable }) => [variable, shortVariable ?? `${variable}, no short one`]);
    expect(new Set(variables).size).toBe(variables.length);
  });

  it('has the short names that the contract gives', () => {
    const short = [...SETTING_FIELDS.values()].flatMap(({ key, shortVariable }) => (shortVariable === null ? [] : [[shortVariable, key]]));
    expect(Object.fromEntries(short)).toEqual({
      HOST: 'server.host',
      PORT: 'server.port',
      PUBLIC_URL: 'server.publicUrl',
      DATABASE_URL: 'database.url',
      ADMIN_API_KEY: 'access.adminApiKey',
      ENCRYPTION_KEY: 'encryption.key',
      ENCRYPTION_KEYS_PREVIOUS: 'encryption.previousKeys',
      X_API_URL: 'x.apiUrl',
      X_UPLOAD_URL: 'x.uploadUrl',
    });
  });
});

describe('the text of a variable', () => {
  it.each([
    ['server.port', ' 8080 ', 8080],
    ['server.port', '0x50', '0x50'],
    ['server.port', '3e3', '3e3'],
    ['server.port', '', ''],
    ['server.docsEnabled', 'false', false],
    ['server.docsEnabled', 'true', true],
    ['server.docsEnabled', 'no', 'no'],
    ['server.publicUrl', 'null', null],
    ['server.publicUrl', '', null],
    ['server.publicUrl', 'https://a.example', 'https://a.example'],
    ['server.host', 'null', 'null'],
    ['encryption.previousKeys', '', []],
    ['encryption.previousKeys', 'a, b', ['a', 'b']],
    ['callbacks.retryDelaysMs', '0, 5000', [0, 5000]],
    ['callbacks.retryDelaysMs', '0, soon', [0, 'soon']],
    ['logging.level', 'debug', 'debug'],
  ])('of %s, "%s", is read as its kind', (key, text, value) => {
    expect(parseVariable(fieldOf(key).schema, text)).toEqual(value);
  });
});
