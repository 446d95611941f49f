import { conversationIdV2 } from '../events/dm-event-v2.js';
import { jsonAnswer, readJson, type Answer } from '../wire/exchange.js';
import { writeJson } from '../wire/json-text.js';
import type { SendService } from './send.service.js';
import { refuseValue, XRefusal } from './x-error.js';
import { problemAnswer } from './x-problem.js';
import { pathParam, userOf, type XCall, type XRoute } from './x-route.js';

const MAX_TEXT = 10_000;

/** Sends over v2. */
export class DmConversationsController {
  constructor(private readonly sending: SendService) {}

  routes(): XRoute[] {
    const path = '/2/dm_conversations/with/:participantId/messages';
    return [{ method: 'POST', path, fault: 'send', family: 'send-v2', access: 'direct-messages', answer: (call) => this.send(call) }];
  }

  private async send(call: XCall): Promise<Answer> {
    try {
      const recipientId = pathParam(call, 'participantId');
      const content = { ...readContent(readJson(call.request)), quickReply: null, ctas: null };
      const { message, deliverEcho } = await this.sending.send(userOf(call), { recipientId, ...content }, 'send-v2');
      const data = { dm_conversation_id: conversationIdV2(message), dm_event_id: message.id };
      return { ...jsonAnswer(201, writeJson({ data })), afterwards: deliverEcho };
    } catch (error) {
      if (error instanceof XRefusal) return problemAnswer(error.entry);
      throw error;
    }
  }
}

/** X refuses what its OpenAPI document does not name: a text, one attachment at most, or both. */
function readContent(body: unknown): { text: string; mediaId: string | null } {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const unknown = Object.keys(fields).find((name) => name !== 'text' && name !== 'attachments');
  if (unknown !== undefined) refuseValue(unknown, 'is not known here');
  const { text, attachments } = fields;
  const mediaId = attachments === undefined ? null : readMediaId(attachments);
  if (text === undefined && mediaId !== null) return { text: '', mediaId };
  return typeof text === 'string' && text !== '' && text.length <= MAX_TEXT ? { text, mediaId } : refuseValue('text', 'is not a text that X takes');
}

function readMediaId(attachments: unknown): string {
  const [first, second] = Array.isArray(attachments) ? (attachments as unknown[]) : [];
  const id = (first as { media_id?: unknown } | undefined)?.media_id;
  return second === undefined && typeof id === 'string' && /^\d+$/.test(id) ? id : refuseValue('attachments', 'is not one medium');
}
