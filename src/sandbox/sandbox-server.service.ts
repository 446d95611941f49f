import type { Instant } from '../kernel/clock.js';
import { createAmbient, type Ambient } from './ambient.service.js';
import { ChangeFeed } from './control/change-feed.service.js';
import { ChangeStream } from './control/change-stream.service.js';
import { ControlController } from './control/control.controller.js';
import { ConversationService } from './control/conversation.service.js';
import { FaultBook } from './control/fault-book.service.js';
import { Overview } from './control/overview.service.js';
import { PeopleService } from './control/people.service.js';
import { WebhookControl } from './control/webhook-control.service.js';
import { CrcChallenger } from './delivery/crc.service.js';
import { DeliveryService } from './delivery/delivery.service.js';
import { OutgoingHttp } from './delivery/outgoing-http.service.js';
import { Authentication } from './oauth/authentication.service.js';
import { findPageFile } from './page-files.service.js';
import { HttpListener } from './wire/http-listener.service.js';
import type { ReceivedRequest, Transmission } from './wire/exchange.js';
import { Ledger } from './world/ledger.service.js';
import { MessageExchange } from './world/message-exchange.service.js';
import { World } from './world/world.service.js';
import { ActivityV2Controller } from './x/activity-v2.controller.js';
import { DirectMessagesController } from './x/direct-messages.controller.js';
import { DmConversationsController } from './x/dm-conversations.controller.js';
import { DmEventsController } from './x/dm-events.controller.js';
import { MediaStore } from './world/media-store.js';
import { MediaUploadsController } from './x/media-uploads.controller.js';
import { MediaFilesController } from './x/media-files.controller.js';
import { EnterpriseActivityController } from './x/enterprise-activity.controller.js';
import { DOCUMENTED_DAILY_LIMITS, RateLimits, type DailyLimits } from './x/rate-limits.service.js';
import { SendService } from './x/send.service.js';
import { SignInController } from './x/sign-in.controller.js';
import { SubscriptionsController } from './x/subscriptions.controller.js';
import { TokensController } from './x/tokens.controller.js';
import { UsersController } from './x/users.controller.js';
import { WebhookLines } from './x/webhook-lines.service.js';
import { WebhooksController } from './x/webhooks.controller.js';
import { WelcomeMessagesController } from './x/welcome-messages.controller.js';
import { errorAnswer, X_ERRORS } from './x/x-error.js';
import { XActivityController } from './x/x-activity.controller.js';
import { XGateway } from './x/x-gateway.service.js';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** X's clock; the system's unless given. OAuth timestamps are held against the system's clock either way. */
  now?: () => Instant;
  /** The clock for OAuth timestamps, for a test that signs with fixed ones. */
  signingNow?: () => Instant;
  /** Waits before each retry of a delivery. None by default, as in X's sandbox tier; paid tiers wait 3 s, 27 s and 242 s. */
  retryDelaysMs?: readonly number[];
  /** 1,000 per account and 15,000 per app unless given. */
  dailyLimits?: Partial<DailyLimits>;
  /** Apply X's 15-minute windows (15 webhook calls, 15 list calls, …). Off by default: every window takes 100,000. */
  documentedWindows?: boolean;
  /** Only the app owner's tokens may register webhooks, as X has it. Off by default. */
  ownerOnlyWebhooks?: boolean;
  /** Told of what should not happen. */
  onError?: (error: unknown) => void;
}

export interface Sandbox {
  url: string;
  port: number;
  ledger: Ledger;
  people: PeopleService;
  conversations: ConversationService;
  webhooks: WebhookControl;
  overview: Overview;
  faults: FaultBook;
  /** Resolves when no delivery is under way. */
  whenIdle(): Promise<void>;
  /** Ends at once; whatever is open is destroyed. */
  close(): Promise<void>;
}

/** Starts an offline X. Everything is in memory; several can run in one process. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const ambient = createAmbient(options.now, options.signingNow);
  const parts = wire(options, ambient);
  const { host = '127.0.0.1', onError = () => undefined } = options;
  const listener = new HttpListener(
    (request) => parts.respond(request).catch((error: unknown) => {
      onError(error);
      return { kind: 'answer', answer: errorAnswer(X_ERRORS.internalError) };
    }),
    (request, response) => parts.stream.take(request, response),
  );
  const port = await listener.listen(options.port ?? 0, host);
  return {
    ...parts.services,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    whenIdle: () => parts.delivery.whenIdle(),
    close: async () => {
      ambient.close();
      parts.http.close();
      await listener.close();
    },
  };
}

function wire(options: SandboxOptions, ambient: Ambient) {
  const [world, ledger, faults, feed, store] = [new World(), new Ledger(), new FaultBook(), new ChangeFeed(), new MediaStore()];
  const http = new OutgoingHttp(ambient);
  const challenger = new CrcChallenger(http, ambient);
  const delivery = new DeliveryService(world, http, ledger, faults, feed, ambient, options.retryDelaysMs ?? []);
  const exchange = new MessageExchange(world, delivery, feed);
  const limits = new RateLimits(options.documentedWindows ?? false, { ...DOCUMENTED_DAILY_LIMITS, ...options.dailyLimits });
  const sending = new SendService(world, exchange, limits, faults, ledger, ambient, store);
  const people = new PeopleService(world, delivery, feed, ambient);
  const conversations = new ConversationService(world, people, exchange, delivery, feed, ambient);
  const webhooks = new WebhookControl(world, challenger, feed);
  const overview = new Overview(world, limits, faults, ledger, ambient);
  const lines = new WebhookLines(world, challenger, feed, ambient);
  const routes = [
    ...new TokensController(world).routes(),
    ...new SignInController(world, people, ambient).routes(),
    ...new UsersController(world).routes(),
    ...new WebhooksController(world, challenger, feed, ambient, options.ownerOnlyWebhooks ?? false).routes(),
    ...new SubscriptionsController(world, feed).routes(),
    ...new EnterpriseActivityController(lines).routes(),
    ...new ActivityV2Controller(lines).routes(),
    ...new XActivityController(world, lines, feed, ambient).routes(),
    ...new DmConversationsController(sending).routes(),
    ...new DmEventsController(world, ambient).routes(),
    ...new MediaFilesController(world, store).routes(),
    ...new WelcomeMessagesController(world, ambient).routes(),
    ...new MediaUploadsController(world, store, ambient).routes(),
    ...new DirectMessagesController(world, sending, exchange, feed, ambient).routes(),
  ];
  const gateway = new XGateway(routes, new Authentication(world, ambient), limits, faults, ledger, ambient);
  const services = { ledger, people, conversations, webhooks, overview, faults };
  const control = new ControlController({ ...services, feed });
  const respond = async (request: ReceivedRequest): Promise<Transmission> => {
    if (request.path.startsWith('/sandbox/api/')) return { kind: 'answer', answer: await control.answer(request) };
    const file = request.method === 'GET' ? await findPageFile(request.path) : null;
    return file === null ? gateway.respond(request) : { kind: 'answer', answer: file };
  };
  return { services, http, delivery, respond, stream: new ChangeStream(feed, ambient) };
}
