import type { Channel } from '../../channels/channel.js';
import { assertFeature } from '../../channels/channel-features.js';
import type { MessageContent } from '../message/message-content.js';

/** What X's generation would drop or refuse is refused first, the same for a send and a check of one. @throws Problem `channel.not-supported` */
export function assertSupported(channel: Pick<Channel, 'messagesApi'>, { quickReplies, buttons }: Pick<Partial<MessageContent>, 'quickReplies' | 'buttons'>): void {
  if (quickReplies !== undefined) {
    assertFeature(channel, 'quick-replies', '/content/quickReplies');
  }
  if (buttons !== undefined) {
    assertFeature(channel, 'buttons', '/content/buttons');
  }
}
