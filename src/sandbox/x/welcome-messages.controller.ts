import type { Ambient } from '../ambient.service.js';
import { renderText } from '../events/message-text.js';
import { emptyAnswer, jsonAnswer, readJson, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import type { WelcomeMessage, WelcomeRule } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { parseMessageContent } from './message-request.js';
import { refuse, refuseMissing, refuseValue } from './x-error.js';
import { userOf, type XCall, type XRoute } from './x-route.js';

const BASE = '/1.1/direct_messages/welcome_messages';
const MAX_NAME_LENGTH = 100;
/** Ten less than other messages. */
const MAX_TEXT_LENGTH = 9_990;

/** What an account greets with, and the rule that makes one of them its default. */
export class WelcomeMessagesController {
  constructor(
    private readonly world: World,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    const common = { fault: 'welcome-messages', family: 'welcome-messages', access: 'direct-messages' } as const;
    return [
      { method: 'POST', path: `${BASE}/new.json`, ...common, answer: (call) => this.create(call) },
      { method: 'GET', path: `${BASE}/list.json`, ...common, answer: (call) => this.list(call) },
      { method: 'DELETE', path: `${BASE}/destroy.json`, ...common, answer: (call) => this.remove(call) },
      { method: 'POST', path: `${BASE}/rules/new.json`, ...common, fault: 'welcome-rules', answer: (call) => this.createRule(call) },
      { method: 'GET', path: `${BASE}/rules/list.json`, ...common, fault: 'welcome-rules', answer: (call) => this.listRules(call) },
      { method: 'DELETE', path: `${BASE}/rules/destroy.json`, ...common, fault: 'welcome-rules', answer: (call) => this.removeRule(call) },
    ];
  }

  private create(call: XCall): Answer {
    const { account } = userOf(call);
    const given = (readJson(call.request) as { welcome_message?: { name?: unknown; message_data?: unknown } } | undefined)?.welcome_message;
    if (given?.message_data === undefined) refuseMissing('welcome_message');
    const { name = null } = given;
    if (name !== null && (typeof name !== 'string' || name.length > MAX_NAME_LENGTH)) refuseValue('welcome_message.name', `at most ${MAX_NAME_LENGTH} characters`);
    // The people it is for have to be able to write.
    if (account.receivesFrom !== 'anyone') refuseValue('welcome_message', 'the account must allow messages from anyone');
    const content = parseMessageContent(given.message_data, 'welcome_message.message_data');
    if (Array.from(content.text).length > MAX_TEXT_LENGTH) refuse('textTooLong');
    const createdAt = this.ambient.now();
    const message: WelcomeMessage = { id: this.world.snowflakes.create(createdAt), accountId: account.id, createdAt, name, ...content };
    this.world.welcomeMessages.set(message.id, message);
    return jsonAnswer(200, writeJson({ welcome_message: this.messageObject(message), name: name ?? undefined }));
  }

  private list(call: XCall): Answer {
    const own = [...this.world.welcomeMessages.values()].filter(({ accountId }) => accountId === userOf(call).account.id);
    return jsonAnswer(200, writeJson(own.length === 0 ? {} : { welcome_messages: own.map((message) => this.messageObject(message)) }));
  }

  private remove(call: XCall): Answer {
    const { id } = this.find(call, this.world.welcomeMessages, findParam(readParams(call.request), 'id'));
    this.world.welcomeMessages.delete(id);
    return emptyAnswer(204);
  }

  private createRule(call: XCall): Answer {
    const given = (readJson(call.request) as { welcome_message_rule?: { welcome_message_id?: unknown } } | undefined)?.welcome_message_rule?.welcome_message_id;
    const { id: messageId, accountId } = this.find(call, this.world.welcomeMessages, typeof given === 'string' ? given : null);
    const createdAt = this.ambient.now();
    const rule: WelcomeRule = { id: this.world.snowflakes.create(createdAt), accountId, createdAt, messageId };
    this.world.welcomeRules.set(rule.id, rule);
    return jsonAnswer(200, writeJson({ welcome_message_rule: ruleObject(rule) }));
  }

  private listRules(call: XCall): Answer {
    const own = [...this.world.welcomeRules.values()].filter(({ accountId }) => accountId === userOf(call).account.id);
    return jsonAnswer(200, writeJson(own.length === 0 ? {} : { welcome_message_rules: own.map(ruleObject) }));
  }

  private removeRule(call: XCall): Answer {
    const { id } = this.find(call, this.world.welcomeRules, findParam(readParams(call.request), 'id'));
    this.world.welcomeRules.delete(id);
    return emptyAnswer(204);
  }

  private find<Kept extends { accountId: string }>(call: XCall, all: ReadonlyMap<string, Kept>, id: string | null): Kept {
    const found = all.get(id ?? refuseMissing('id'));
    return found?.accountId === userOf(call).account.id ? found : refuse('noSuchPage');
  }

  private messageObject({ id, createdAt, name, text, quickReply, ctas }: WelcomeMessage): JsonValue {
    return {
      id,
      created_timestamp: String(createdAt),
      name: name ?? undefined,
      message_data: {
        ...renderText(text, id, (screenName) => this.world.findAccountByName(screenName)),
        quick_reply: quickReply === null ? undefined : { type: 'options', options: quickReply.map((option) => ({ ...option })) },
        ctas: ctas?.map(({ label, url }) => ({ type: 'web_url', label, url })),
      },
    };
  }
}

function ruleObject({ id, createdAt, messageId }: WelcomeRule): JsonValue {
  return { id, created_timestamp: String(createdAt), welcome_message_id: messageId };
}
