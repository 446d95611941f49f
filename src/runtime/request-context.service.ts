import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';

/** What every log line and callback caused by one request carries. */
export interface RequestContext {
  requestId: string;
  /** Where it came from. */
  address?: string;
  /** Whose key it was, once that was found right. */
  actor?: { keyId: string; team: string };
}

/** The request that the running code works for, if it works for one. */
@Injectable()
export class RequestContexts {
  private readonly storage = new AsyncLocalStorage<RequestContext>();

  run<T>(context: RequestContext, work: () => T): T {
    return this.storage.run(context, work);
  }

  current(): RequestContext | undefined {
    return this.storage.getStore();
  }
}
