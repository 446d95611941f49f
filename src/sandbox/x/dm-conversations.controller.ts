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
      const empty = { quickReply: null, ctas: null, mediaId: null };
      const { message, deliverEcho } = await this.sending.send(userOf(call), { recipientId, text: readText(readJson(call.request)), ...empty }, 'send-v2');
      const data = { dm_conversation_id: conversationIdV2(message), dm_event_id: message.id };
      return { ...jsonAnswer(201, writeJson({ data })), afterwards: deliverEcho };
    } catch (error) {
      if (error instanceof XRefusal) return problemAnswer(error.entry);
      throw error;
    }
  }
}

/** X refuses what its OpenAPI document does not name. */
function readText(body: unknown): string {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const unknown = Object.keys(fields).find((name) => name !== 'text');
  if (unknown !== undefined) refuseValue(unknown, 'is not known here');
  const { text } = fields;
  return typeof text === 'string' && text !== '' && text.length <= MAX_TEXT ? text : refuseValue('text', 'is not a text that X takes');
}
