import { Injectable } from '@nestjs/common';
import type { Channel } from '../../channels/channel.js';
import { ChannelCredentials } from '../../channels/credentials/channel-credentials.service.js';
import { ChannelCredits } from '../../channels/credits/channel-credits.service.js';
import { assertNotRevoked } from '../../channels/channel-refused.js';
import { toXProblem } from '../../channels/x-problem.js';
import { GatheredWork } from '../../database/gathered-work.service.js';
import { UnitOfWork } from '../../database/unit-of-work.service.js';
import { Clock } from '../../kernel/clock.js';
import { Problem } from '../../kernel/problem.js';
import { LimitBook } from '../../rate-policy/limit-book.service.js';
import { StartPermissions } from '../../rate-policy/start-permissions.service.js';
import { UsageLog } from '../../usage/usage-log.service.js';
import { XApi } from '../../x-api/x-api.service.js';
import type { Participant } from '../conversation/conversations.service.js';
import type { SendMessage } from '../message.dto.js';
import type { WantedMessage } from './outgoing-content.service.js';
import { toContents } from '../message/message-content.js';
import { RequestContexts } from '../../runtime/request-context.service.js';
import { Acceptance, type AcceptedMessage, type OfferedMessage } from './acceptance.service.js';
import { MustAskX, startPermissionChanged } from './refusals.js';
import { assertSupported } from './supported-content.js';
import { readValidUntil } from './valid-until.js';

/** Most messages that are accepted with one commit. */
const MOST_AT_ONCE = 64;

/** Takes messages to send. Those that come at the same time are accepted together. */
@Injectable()
export class OutgoingMessages {
  private readonly gathered: GatheredWork<OfferedMessage, void>;

  constructor(
    private readonly x: XApi,
    private readonly credentials: ChannelCredentials,
    private readonly credits: ChannelCredits,
    private readonly usage: UsageLog,
    private readonly permissions: StartPermissions,
    private readonly book: LimitBook,
    private readonly clock: Clock,
    private readonly contexts: RequestContexts,
    acceptance: Acceptance,
    unitOfWork: UnitOfWork,
  ) {
    this.gathered = new GatheredWork(unitOfWork, (writes, offered) => acceptance.accept(writes, offered), { most: MOST_AT_ONCE });
  }

  /** Whom `to` means; a user name is looked up at X. @throws Problem `message.participant-not-found`, or what X says */
  async findParticipant(channel: Channel, to: SendMessage['to']): Promise<Participant> {
    if (to.number !== undefined) {
      return { id: to.number, username: null, name: null };
    }
    assertNotRevoked(channel);
    const username = (to.username ?? '').replace(/^@/, '');
    const credentials = await this.credentials.get(channel.id);
    const user = await this.credits.noticing(channel, 'people', () => this.x.accounts.findUser(credentials, username)).catch((error: unknown) => {
      throw toXProblem(error);
    });
    await this.usage.note({ channelId: channel.id, api: 'v1.1', kind: 'person-read', count: 1 });
    if (user === null) {
      throw new Problem('message.participant-not-found', `X has no user @${username}.`, {
        errors: [{ pointer: '/to/username', code: 'message.participant-not-found', detail: 'X has no user of this name.' }],
      });
    }
    return user;
  }

  /**
   * Stores a message to send: the decision, what it takes of the window and the limits, the message and what `alongside` writes are on
   * disk together. X is asked first where the participant never wrote.
   * Returns what `alongside` makes of it.
   * @throws Problem `channel.not-supported`, `message.window-closed`, `message.allotment-used`, `message.cannot-start-conversation`, `request.invalid`,
   * `x.unavailable`, `message.participant-not-found`; nothing is stored then
   */
  async accept<Kept>(channel: Channel, participant: Participant, wanted: WantedMessage, alongside: (accepted: AcceptedMessage) => Promise<Kept>): Promise<Kept> {
    assertSupported(channel, wanted.content);
    const validUntil = readValidUntil(wanted, this.clock.now());
    // Read before the unit of work: in one, a second connection may have to be waited for without end.
    const parties = await this.book.partiesOf(channel);
    let kept: Kept | undefined;
    const requestId = this.contexts.current()?.requestId ?? null;
    const offered: OfferedMessage = { requestId, parties, participant, wanted, contents: toContents(wanted), validUntil, alongside: async (accepted) => void (kept = await alongside(accepted)) };
    await this.gathered.run(offered).catch(async (error: unknown) => {
      if (!(error instanceof MustAskX)) {
        throw error;
      }
      await this.permissions.ask(channel, participant.id);
      await this.gathered.run(offered).catch((again: unknown) => {
        throw again instanceof MustAskX ? startPermissionChanged() : again;
      });
    });
    return kept as Kept;
  }
}
