import { Injectable } from '@nestjs/common';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelDirectory } from '../../channels/channel-directory.service.js';
import { InjectSettings } from '../../config/inject-settings.decorator.js';
import type { Settings } from '../../config/settings.js';
import { LimitBook } from '../../rate-policy/limit-book.service.js';
import { Timers } from '../../runtime/timers.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import { XFailure } from '../../x-api/x-failure.js';
import type { Claim } from './claim.js';
import { Handover } from './handover.service.js';

/**
 * Hands one claimed message to X, at most once.
 * `sending` and the attempt are committed before the first byte leaves; after it, only a clear answer of X decides.
 */
@Injectable()
export class Sending {
  constructor(
    private readonly x: XApi,
    private readonly channels: ChannelDirectory,
    private readonly credentials: ChannelCredentials,
    private readonly handover: Handover,
    private readonly book: LimitBook,
    private readonly timers: Timers,
    @InjectSettings('messaging') private readonly settings: Settings['messaging'],
  ) {}

  /** `whenAnswered` is called once, as soon as X is not kept busy by the message any more; what became of it is settled after that. */
  async send(claim: Claim, whenAnswered: () => void = () => undefined): Promise<void> {
    const isInTime = this.startDeadline();
    const channel = await this.channels.findById(claim.channelId);
    // Opened first: what fails before `sending` is committed is simply tried again.
    const credentials = channel === null ? null : await this.credentials.get(channel.id);
    const departed = await this.handover.depart(claim, channel === null ? null : await this.book.partiesOf(channel));
    if (departed === null || channel === null || credentials === null) {
      return;
    }
    const { message, participantId } = departed;
    const answer = await this.x.messages(channel.messagesApi).sendText(credentials, participantId, message.content.text, isInTime, { ...message.content, xMediaId: departed.xMediaId }).catch(toFailure).finally(whenAnswered);
    await this.handover.settle(departed, answer);
  }

  /**
   * Whether the call may still begin. A process that was frozen after the claim must not write its bytes when it wakes: others have
   * taken the message for unknown by then. What is left of the lease is enough for the call to end in it.
   */
  private startDeadline(): () => boolean {
    const latest = this.timers.monotonicMs() + this.settings.leaseMs / 3;
    return () => this.timers.monotonicMs() <= latest;
  }
}

/** What X did not confirm is settled by what is known of the call; any other error is a defect of ours, and the end of the lease settles the message. */
function toFailure(error: unknown): XFailure {
  if (error instanceof XFailure) {
    return error;
  }
  throw error;
}
