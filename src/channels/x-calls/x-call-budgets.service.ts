import { Injectable } from '@nestjs/common';
import { lockedForUpdate } from '../../database/row-lock.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock, type Instant } from '../../kernel/clock.js';
import { CALL_WINDOW_MS, type CallBudget, mayCall, recentCalls } from './x-call-budget.js';
import { XCallBudgetEntity } from './x-call-budget.entity.js';

/** The calls that X lets us make seldom, counted for all instances together. */
@Injectable()
export class XCallBudgets {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * True when the call may be made now, and it counts from then on; false when the budget is used up or X wants none before a time. Without
   * a budget only X's word counts: a person waits, and X may allow more than it documents.
   */
  take(subject: string, budget: CallBudget | null): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const now = this.clock.now();
      await manager.createQueryBuilder().insert().into(XCallBudgetEntity).values({ subject, calls: [], closedUntil: null }).orIgnore().updateEntity(false).execute();
      const { calls, closedUntil } = await manager.findOneOrFail(XCallBudgetEntity, { where: { subject }, ...lockedForUpdate<XCallBudgetEntity>(manager) });
      if ((closedUntil ?? 0) > now || (budget !== null && !mayCall(calls, budget, now))) {
        return false;
      }
      await manager.update(XCallBudgetEntity, { subject }, { calls: [...recentCalls(calls, now), now] });
      return true;
    });
  }

  /** X has said that it takes no more before `until`; without a time of X's, for one window. Its count includes the team's other software. */
  async close(subject: string, until: Instant = this.clock.now() + CALL_WINDOW_MS): Promise<void> {
    await this.unitOfWork.run((manager) => manager.update(XCallBudgetEntity, { subject }, { closedUntil: until }));
  }
}
