import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../runtime/ids.service.js';
import type { StepNote } from './message-step.js';
import { MessageStepEntity } from './message-step.entity.js';

/** Notes what happens to a message, in the unit of work in which it happens. */
@Injectable()
export class MessageSteps {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async note(manager: EntityManager, messageId: string, { kind, ...detail }: StepNote): Promise<void> {
    await manager.insert(MessageStepEntity, { id: this.ids.create('stp'), messageId, at: this.clock.now(), kind, detail });
  }
}
