/** What the docs explorer shows of messages and conversations: the sandbox's brand and its usual participant. */

const CHANNEL_ID = 'chn_01m81mm3kzadxvtgak2mv71gjh';
const CONVERSATION_ID = 'cnv_01m81mm3xc7gckvtyhgpfd43yj';
const BRAND = { number: '1488203456789012345', name: '@NajmTelecomCare' };
const PARTICIPANT = { number: '84391207', name: '@rania_kader_x' };

export const REPLY_WINDOW_EXAMPLE = {
  open: true,
  openedAt: '2026-11-22T12:45:14.938Z',
  expiresAt: '2026-11-23T12:45:14.938Z',
  allotment: 5,
  used: 1,
  remaining: 4,
};

/** The answer to a send: accepted, and its reply taken off the window. */
export const ACCEPTED_MESSAGE_EXAMPLE = {
  id: 'msg_01m81mme50b3aee4dsmfdcneze',
  channelId: CHANNEL_ID,
  conversationId: CONVERSATION_ID,
  direction: 'outbound',
  source: 'api',
  from: BRAND,
  to: PARTICIPANT,
  content: { type: 'text', text: 'Hello, how can we help?' },
  reference: 'ORDER-1001',
  status: 'queued',
  charge: 'reply',
  window: REPLY_WINDOW_EXAMPLE,
  heldUntil: null,
  heldBecause: null,
  failure: null,
  xMessageId: null,
  validUntil: null,
  createdAt: '2026-11-22T12:45:25.408Z',
  sentAt: null,
  readAt: null,
  recovered: false,
};

/** The same, once X has taken it. */
export const SENT_MESSAGE_EXAMPLE = {
  ...ACCEPTED_MESSAGE_EXAMPLE,
  status: 'sent',
  xMessageId: '1992221603467034624',
  sentAt: '2026-11-22T12:45:25.552Z',
};

/** What the participant wrote before it. */
export const RECEIVED_MESSAGE_EXAMPLE = {
  ...ACCEPTED_MESSAGE_EXAMPLE,
  id: 'msg_01m81mm3xee4vdx75dds00kp5a',
  direction: 'inbound',
  source: 'participant',
  from: PARTICIPANT,
  to: BRAND,
  content: { type: 'text', text: 'Hi, my SIM stopped working <this morning> & I need it. Can you help?' },
  reference: null,
  status: 'received',
  charge: null,
  xMessageId: '1992221558894096384',
  createdAt: '2026-11-22T12:45:14.990Z',
  sentAt: '2026-11-22T12:45:14.938Z',
};

export const CONVERSATION_EXAMPLE = {
  id: CONVERSATION_ID,
  channelId: CHANNEL_ID,
  participant: { ...PARTICIPANT, displayName: 'Rania Kader' },
  window: REPLY_WINDOW_EXAMPLE,
  lastMessageAt: '2026-11-22T12:45:25.552Z',
  createdAt: '2026-11-22T12:45:14.990Z',
};
