import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { XChoices } from './messages-api.js';
import { toMessageParts } from './messages-v1.service.js';
import { parseAnswer } from './x-answer.js';
import { XClient } from './x-client.service.js';
import type { XCredentials } from './x-credentials.js';

const xId = z.string().regex(/^\d+$/);
const createdSchema = z.object({ welcome_message: z.object({ id: xId }) });
const createdRuleSchema = z.object({ welcome_message_rule: z.object({ id: xId }) });
/** X leaves the list out where it is empty. */
const listSchema = z.object({ welcome_messages: z.array(z.object({ id: xId, name: z.string().nullish() })).default([]) });
const rulesSchema = z.object({ welcome_message_rules: z.array(z.object({ id: xId, welcome_message_id: xId })).default([]) });

const PATH = 'direct_messages/welcome_messages';
const MOST_LISTED = 50;

/** What an account greets people with, over v1.1. The rule that X has got last says which message is shown. Every call throws `XFailure`. */
@Injectable()
export class WelcomeMessagesV1 {
  constructor(private readonly x: XClient) {}

  /** `name`: only its owner sees it. Returns X's id. */
  async create(credentials: XCredentials, name: string, { text, ...choices }: XChoices & { text: string }): Promise<string> {
    const body = { welcome_message: { name, message_data: { text, ...toMessageParts(choices) } } };
    const response = await this.x.asAccount(credentials, (client) => client.v1.post<unknown>(`${PATH}/new.json`, body, { forceBodyMode: 'json', fullResponse: true }));
    return parseAnswer(createdSchema, response.data).welcome_message.id;
  }

  /** Shows it from now on. Returns the rule's id. */
  async show(credentials: XCredentials, messageId: string): Promise<string> {
    const body = { welcome_message_rule: { welcome_message_id: messageId } };
    const response = await this.x.asAccount(credentials, (client) => client.v1.post<unknown>(`${PATH}/rules/new.json`, body, { forceBodyMode: 'json', fullResponse: true }));
    return parseAnswer(createdRuleSchema, response.data).welcome_message_rule.id;
  }

  async list(credentials: XCredentials): Promise<{ id: string; name: string | null }[]> {
    const response = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>(`${PATH}/list.json`, { count: MOST_LISTED }, { fullResponse: true }));
    return parseAnswer(listSchema, response.data).welcome_messages.map(({ id, name }) => ({ id, name: name ?? null }));
  }

  async listRules(credentials: XCredentials): Promise<{ id: string; messageId: string }[]> {
    const response = await this.x.asAccount(credentials, (client) => client.v1.get<unknown>(`${PATH}/rules/list.json`, { count: MOST_LISTED }, { fullResponse: true }));
    return parseAnswer(rulesSchema, response.data).welcome_message_rules.map(({ id, welcome_message_id: messageId }) => ({ id, messageId }));
  }

  async remove(credentials: XCredentials, id: string): Promise<void> {
    await this.x.asAccount(credentials, (client) => client.v1.delete<unknown>(`${PATH}/destroy.json`, { id }, { fullResponse: true }));
  }

  async removeRule(credentials: XCredentials, id: string): Promise<void> {
    await this.x.asAccount(credentials, (client) => client.v1.delete<unknown>(`${PATH}/rules/destroy.json`, { id }, { fullResponse: true }));
  }
}
