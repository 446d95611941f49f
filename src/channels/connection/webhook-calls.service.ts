import { Injectable } from '@nestjs/common';
import { XFailure } from '../../x-api/x-failure.js';
import type { CallBudget } from '../x-calls/x-call-budget.js';
import { XCallBudgets } from '../x-calls/x-call-budgets.service.js';
import { rateLimited, toXProblem } from '../x-problem.js';

/** X takes 15 calls about an app's webhooks in 15 minutes; one is left to a person with a console. */
const BUDGET: CallBudget = { most: 14, atOnce: 14 };

/** Calls about an app's webhooks, within X's limit for them. */
@Injectable()
export class WebhookCalls {
  constructor(private readonly budgets: XCallBudgets) {}

  /**
   * @throws Problem what the refusal means; `x.rate-limited` also without a call, when X has said so before, or the limit is used up by our
   * own count and nobody waits (`isEager`)
   */
  async make<T>({ appFingerprint, isEager }: { appFingerprint: string; isEager: boolean }, call: () => Promise<T>): Promise<T> {
    const subject = `webhooks ${appFingerprint}`;
    if (!(await this.budgets.take(subject, isEager ? null : BUDGET))) {
      throw rateLimited();
    }
    try {
      return await call();
    } catch (error) {
      if (error instanceof XFailure && error.answer.status === 429) {
        await this.budgets.close(subject, error.limits.find(({ of }) => of === 'endpoint')?.resetsAt);
      }
      throw toXProblem(error);
    }
  }
}
