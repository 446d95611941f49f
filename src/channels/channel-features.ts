import { type FieldProblem, Problem } from '../kernel/problem.js';
import { hasFeature, type MessagesFeature } from '../x-api/messages-features.js';
import type { Channel } from './channel.js';

const IN_WORDS: Readonly<Record<MessagesFeature, string>> = {
  'quick-replies': 'quick replies',
  buttons: 'buttons',
  typing: 'a sign that somebody is typing',
  'read-receipts': 'a way to mark messages as read',
  'welcome-messages': 'welcome messages',
};

/** `pointer`: the field that asks for it. @throws Problem `channel.not-supported` */
export function assertFeature({ messagesApi }: Pick<Channel, 'messagesApi'>, feature: MessagesFeature, pointer?: string): void {
  if (hasFeature(messagesApi, feature)) {
    return;
  }
  const detail = `X’s direct messages ${messagesApi}, which the channel uses, do not have ${IN_WORDS[feature]}.`;
  const errors: FieldProblem[] = pointer === undefined ? [] : [{ pointer, code: 'channel.not-supported', detail }];
  throw new Problem('channel.not-supported', detail, errors.length === 0 ? {} : { errors });
}
