import type { FieldProblem, XAnswer } from '../../src/kernel/problem.js';
import type { MessageContent } from '../../src/messaging/message/message-content.js';
import type { WindowView } from '../../src/messaging/window/window-view.js';

/** One of a channel's checks. */
export interface CheckBody {
  name: string;
  ok: boolean;
  checkedAt: string | null;
  detail: string;
  remedy: string | null;
}

interface Party {
  number: string;
  name: string;
}

/** All that the service answers, in one: a test asks for the fields that its answer should have. */
export interface AnswerBody {
  id: string;
  name: string;
  /** Of a channel or a message; a problem's is the HTTP status. */
  status: string | number;

  data: AnswerBody[];
  page: { next: string | null };

  code: string;
  detail: string;
  requestId: string;
  errors: FieldProblem[];
  x: XAnswer;
  remedy: string;

  account: { id: string; username: string; name: string };
  eventsApi: string;
  webhookUrl: string;
  secrets: Record<'consumerKey' | 'consumerSecret' | 'accessToken' | 'accessTokenSecret' | 'clientId' | 'clientSecret', { updatedAt: string }>;
  statusDetail: string | null;

  checks: CheckBody[];
  lastEventAt: string | null;
  lastCrcAt: string | null;
  lastCheckAt: string | null;
  nextCheckAt: string | null;

  channelId: string;
  conversationId: string;
  direction: string;
  source: string;
  from: Party;
  to: Party;
  content: MessageContent;
  parts: string[];
  reference: string | null;
  charge: string | null;
  window: WindowView;
  heldUntil: string;
  heldBecause: string | null;
  failure: { code: string; detail: string; x: XAnswer };
  xMessageId: string;
  sentAt: string;
  readAt: string;
  recovered: boolean;

  participant: Party & { displayName: string };

  /** A callback and its deliveries. */
  secret: string;
  enabled: boolean;
  disabledReason: string | null;
  failingSince: string | null;
  pausedUntil: string | null;
  eventId: string;
  eventType: string;
  attempts: { at: string; status: number | null; detail: string | null; durationMs: number }[];
  nextAttemptAt: string | null;
  redelivered: number;

  /** An event. */
  type: string;
  sequence: number | null;

  /** An entry of the audit log. */
  seq: number;
  keyId: string;
  action: string;
  target: string;
  fields: string[];
  address: string | null;
  holds: boolean;
  entries: number;
  brokenAt: number | null;
  lastUsedAt: string | null;
  channelIds: string[] | null;

  /** An API key, shown when it is made. */
  key: string;
  response_token: string;
}

/** Jest's matchers with the type of what they stand for. */
export const anyText = expect.any(String) as string;
export const textLike = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
export const textWith = (part: string): string => expect.stringContaining(part) as string;
export const having = (fields: object): object => expect.objectContaining(fields) as object;
