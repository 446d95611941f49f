import { Receiver, respondWith } from '../support/receiver.js';

/** A receiver that takes two calls of three, and fails the others in different ways. */
export class FlakyReceiver {
  /** What it answered 2xx for, by the id of the call. */
  readonly taken = new Map<string, { type: string; xMessageId: unknown; messageId: unknown }>();
  /** Under which ids it was told of the same thing. */
  readonly idsOf = new Map<string, Set<string>>();
  repeats = 0;

  private constructor(private readonly receiver: Receiver) {
    let calls = 0;
    receiver.respond = (response, call) => {
      calls += 1;
      receiver.forget();
      const { id, type, data } = call.event;
      const what = `${type} ${String(data['id'])} ${JSON.stringify(data['status'])} ${JSON.stringify(type.startsWith('conversation') ? data['window'] : '')}`;
      this.idsOf.set(what, (this.idsOf.get(what) ?? new Set()).add(String(call.headers['webhook-id'])));
      if (calls % 6 === 2) {
        return respondWith(500)(response, call);
      }
      if (calls % 6 === 4) {
        return void response.socket?.destroy();
      }
      this.repeats += this.taken.has(id) ? 1 : 0;
      this.taken.set(id, { type, xMessageId: data['xMessageId'], messageId: data['id'] });
      return respondWith(204)(response, call);
    };
  }

  static async start(): Promise<FlakyReceiver> {
    return new FlakyReceiver(await Receiver.start());
  }

  get url(): string {
    return this.receiver.url;
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }
}
