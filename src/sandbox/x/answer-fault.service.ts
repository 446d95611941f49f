import type { Ambient } from '../ambient.service.js';
import { DEFAULT_FAULT_DELAY_MS, FAULT_RATE_RESET_MS, isEarlyFault, isLateFault, type Fault } from '../control/fault.js';
import type { Answer, Transmission } from '../wire/exchange.js';
import { rateHeaders } from './rate-limits.service.js';
import { errorAnswer, X_ERRORS, type XErrorEntry } from './x-error.js';

/** What a fault answers instead of doing what was asked; null when the call goes on. */
export async function beforeFault(fault: Fault, ambient: Ambient): Promise<Transmission | null> {
  if (!isEarlyFault(fault.kind)) return null;
  switch (fault.kind) {
    case 'delay':
      await ambient.wait(fault.delayMs ?? DEFAULT_FAULT_DELAY_MS);
      return null;
    case 'hang':
      return { kind: 'hang' };
    case 'reset-before':
      return { kind: 'reset' };
    case 'status':
      return { kind: 'answer', answer: statusAnswer(fault) };
    case 'html-error':
      return { kind: 'answer', answer: htmlAnswer(fault) };
    case 'credits-depleted':
      return { kind: 'answer', answer: creditsAnswer() };
    case '429': {
      const { status, headers, body } = errorAnswer(X_ERRORS.rateLimited);
      const exhausted = rateHeaders('x-rate-limit', { limit: 15, remaining: 0, resetsAt: ambient.now() + FAULT_RATE_RESET_MS });
      return { kind: 'answer', answer: { status, headers: { ...headers, ...exhausted }, body } };
    }
  }
}

/** What becomes of an answer to something that X did do. */
export function afterFault(fault: Fault, answer: Answer): Transmission {
  if (!isLateFault(fault.kind)) return { kind: 'answer', answer };
  switch (fault.kind) {
    case 'accept-then-500':
      return instead(answer, X_ERRORS.internalError);
    case 'accept-then-503':
      return instead(answer, X_ERRORS.overCapacity);
    case '151-but-delivered':
      return instead(answer, X_ERRORS.alreadySaidThat);
    case 'accept-then-hang':
      answer.afterwards?.();
      return { kind: 'hang' };
    case 'accept-then-reset':
      answer.afterwards?.();
      return { kind: 'reset' };
    case 'reset-after':
      return { kind: 'reset-midway', answer };
    case 'truncated-json':
      return { kind: 'answer', answer: { ...answer, body: cutInHalf(answer.body) } };
  }
}

function instead(accepted: Answer, error: XErrorEntry): Transmission {
  return { kind: 'answer', answer: { ...errorAnswer(error), afterwards: accepted.afterwards } };
}

/** The refusal that was asked for; 503 and "Over capacity" when nothing was said. */
function statusAnswer(fault: Fault): Answer {
  const status = fault.status ?? X_ERRORS.overCapacity[0];
  const known = Object.values<XErrorEntry>(X_ERRORS).find(([knownStatus, code]) => (fault.code === null ? knownStatus === status : code === fault.code));
  const [, code, message] = known ?? X_ERRORS.overCapacity;
  const answer = errorAnswer([status, fault.code ?? code, fault.message ?? message]);
  return fault.body === null ? answer : { ...answer, body: fault.body };
}

/** As X was seen to write it, with a number that JavaScript does not hold. */
function creditsAnswer(): Answer {
  const body = '{"account_id":1243608864848629999,"title":"CreditsDepleted","detail":"Your enrolled account [1243608864848629999] does not have any credits to fulfill this request.","type":"https://api.twitter.com/2/problems/credits"}';
  return { status: 402, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

function htmlAnswer(fault: Fault): Answer {
  const body = fault.body ?? '<!DOCTYPE html><html><head><title>X / Error</title></head><body><h1>Something is technically wrong.</h1></body></html>';
  return { status: fault.status ?? 503, headers: { 'content-type': 'text/html;charset=utf-8' }, body };
}

function cutInHalf(body: string | Buffer): string | Buffer {
  return typeof body === 'string' ? body.slice(0, Math.floor(body.length / 2)) : body.subarray(0, Math.floor(body.length / 2));
}
