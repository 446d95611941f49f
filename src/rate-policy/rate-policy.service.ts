import { Inject, Injectable } from '@nestjs/common';
import { RATE_POLICIES } from '../config/inject-settings.decorator.js';
import type { RatePolicies } from '../config/rate-policies.js';
import type { MessagesApiName } from '../x-api/x-generations.js';
import type { LimitRule } from './limit.js';
import type { ReplyWindowRule } from './reply-window.js';

/** The numbers of X's rule for each generation of its messages API. */
@Injectable()
export class RatePolicy {
  constructor(@Inject(RATE_POLICIES) private readonly policies: RatePolicies) {}

  windowRule(messagesApi: MessagesApiName): ReplyWindowRule {
    return this.policies[messagesApi].replyWindow;
  }

  limitRules(messagesApi: MessagesApiName): readonly LimitRule[] {
    return this.policies[messagesApi].limits;
  }

  /** How long the longest of all limits looks back. */
  get longestLimitMs(): number {
    return Math.max(...Object.values(this.policies).flatMap(({ limits }) => limits.map(({ windowMs }) => windowMs)));
  }
}
