/** What an API key may be allowed. `admin` manages keys and reads the audit log; it does not contain the others. */
export const SCOPES = [
  'channels:read',
  'channels:write',
  'messages:send',
  'messages:read',
  'callbacks:read',
  'callbacks:write',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];
