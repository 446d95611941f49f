import type { QuickReplyOption } from '../world/model.js';
import { refuse, refuseMissing, refuseValue } from './x-error.js';

/** A send, checked as far as it can be without knowing anybody. */
export interface MessageRequest {
  recipientId: string;
  text: string;
  quickReply: QuickReplyOption[] | null;
  ctas: { label: string; url: string }[] | null;
  mediaId: string | null;
}

const MAX_TEXT_LENGTH = 10_000;
const MAX_OPTIONS = 20;
const MAX_CTAS = 3;
const MAX_LABEL_LENGTH = 36;
const MAX_DESCRIPTION_LENGTH = 72;
const MAX_METADATA_LENGTH = 1_000;
const CREATE = 'event.message_create';
const CONTENT = `${CREATE}.message_data`;

/** Reads the body of `direct_messages/events/new`; throws X's refusal. */
export function parseMessageRequest(body: unknown): MessageRequest {
  const create = member(member(body, 'event'), 'message_create');
  const content = member(create, 'message_data');
  if (content === undefined) refuseMissing('event');
  const recipientId = member(member(create, 'target'), 'recipient_id');
  if (typeof recipientId !== 'string' || !/^\d{1,19}$/.test(recipientId)) {
    refuseValue(`${CREATE}.target.recipient_id`, `'${String(recipientId)}' is not a valid Long`);
  }
  return { recipientId, ...parseMessageContent(content, CONTENT), mediaId: readMediaId(content) };
}

/** What messages and welcome messages have alike. `field` is where it stands. */
export function parseMessageContent(content: unknown, field: string): Pick<MessageRequest, 'text' | 'quickReply' | 'ctas'> {
  return { text: readText(content, field), quickReply: readQuickReply(content, field), ctas: readCtas(content, field) };
}

function readText(content: unknown, at: string): string {
  const text = member(content, 'text');
  const mayBeEmpty = member(content, 'attachment') !== undefined;
  if (typeof text !== 'string' || (text === '' && !mayBeEmpty)) refuseMissing(`${at}.text`);
  return Array.from(text).length > MAX_TEXT_LENGTH ? refuse('textTooLong') : text;
}

function readQuickReply(content: unknown, at: string): QuickReplyOption[] | null {
  const quickReply = member(content, 'quick_reply');
  if (quickReply === undefined) return null;
  const field = `${at}.quick_reply`;
  const options = member(quickReply, 'options');
  if (member(quickReply, 'type') !== 'options' || !Array.isArray(options)) refuseValue(field, 'only options are known');
  if (options.length < 1 || options.length > MAX_OPTIONS) refuseValue(`${field}.options`, `1 to ${MAX_OPTIONS} expected`);
  const parsed = options.map((option: unknown) => readOption(option, `${field}.options`));
  const described = parsed.filter((option) => option.description !== undefined).length;
  if (described > 0 && described < parsed.length) refuseValue(`${field}.options`, 'all or none need a description');
  return parsed;
}

function readOption(option: unknown, field: string): QuickReplyOption {
  const label = limitedText(member(option, 'label'), `${field}.label`, MAX_LABEL_LENGTH);
  const description = member(option, 'description');
  const metadata = member(option, 'metadata');
  return {
    label,
    ...(description === undefined ? {} : { description: limitedText(description, `${field}.description`, MAX_DESCRIPTION_LENGTH) }),
    ...(metadata === undefined ? {} : { metadata: limitedText(metadata, `${field}.metadata`, MAX_METADATA_LENGTH) }),
  };
}

function readCtas(content: unknown, at: string): { label: string; url: string }[] | null {
  const ctas = member(content, 'ctas');
  if (ctas === undefined) return null;
  const field = `${at}.ctas`;
  if (!Array.isArray(ctas) || ctas.length < 1 || ctas.length > MAX_CTAS) refuseValue(field, `1 to ${MAX_CTAS} expected`);
  return ctas.map((cta: unknown) => {
    const url = member(cta, 'url');
    if (member(cta, 'type') !== 'web_url' || typeof url !== 'string' || !/^https?:\/\//.test(url)) refuseValue(`${field}.url`, 'not a web address');
    return { label: limitedText(member(cta, 'label'), `${field}.label`, MAX_LABEL_LENGTH), url };
  });
}

function readMediaId(content: unknown): string | null {
  const attachment = member(content, 'attachment');
  if (attachment === undefined) return null;
  const id = member(member(attachment, 'media'), 'id');
  return member(attachment, 'type') === 'media' && typeof id === 'string' && /^\d{1,19}$/.test(id) ? id : refuse('mediaIdInvalid');
}

function limitedText(value: unknown, field: string, maxLength: number): string {
  if (typeof value !== 'string' || value === '' || Array.from(value).length > maxLength) refuseValue(field, `1 to ${maxLength} characters expected`);
  return value;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
