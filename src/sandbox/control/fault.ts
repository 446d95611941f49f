import { MINUTE_MS, SECOND_MS } from '../../kernel/duration.js';

export const FAULT_ROUTES = [
  'any',
  'token',
  'sign-in',
  'verify',
  'settings',
  'webhooks',
  'subscriptions',
  'subscription-lists',
  'media',
  'upload',
  'upload-status',
  'send',
  'list',
  'dm-events',
  'show',
  'typing',
  'welcome-messages',
  'welcome-rules',
  'read',
  'users',
  'friendships',
  'echo',
  'delivery',
] as const;
export type FaultRoute = (typeof FAULT_ROUTES)[number];

/** Strike before X does anything; `delay` lets the call go on afterwards. */
export const EARLY_FAULTS = ['status', 'hang', 'reset-before', 'html-error', '429', 'credits-depleted', 'delay'] as const;
/** Strike the answer to something that X has done. */
export const LATE_FAULTS = [
  'reset-after',
  'truncated-json',
  'accept-then-500',
  'accept-then-503',
  'accept-then-reset',
  'accept-then-hang',
  '151-but-delivered',
] as const;
export const ECHO_FAULTS = ['echo-before-answer', 'echo-late', 'echo-drop', 'echo-twice'] as const;
export const DELIVERY_FAULTS = ['delivery-drop', 'delivery-delay'] as const;

export const FAULT_KINDS = [...EARLY_FAULTS, ...LATE_FAULTS, ...ECHO_FAULTS, ...DELIVERY_FAULTS] as const;

export type EarlyFault = (typeof EARLY_FAULTS)[number];
export type LateFault = (typeof LATE_FAULTS)[number];
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultSettings {
  route: FaultRoute;
  kind: FaultKind;
  /** How often it strikes; null is until it is removed. */
  times: number | null;
  /** Only for calls about this participant. */
  participant: string | null;
  delayMs: number | null;
  status: number | null;
  code: number | null;
  message: string | null;
  body: string | null;
}

export interface Fault extends FaultSettings {
  id: string;
  fired: number;
}

/** What a fault waits for when it names no `delayMs`. */
export const DEFAULT_FAULT_DELAY_MS = SECOND_MS;
/** When a `429` fault says the window starts again. */
export const FAULT_RATE_RESET_MS = MINUTE_MS;

/** `any` is every call to X, but neither echoes nor deliveries. */
export function isFaultFor(fault: Fault, route: FaultRoute): boolean {
  return fault.route === route || (fault.route === 'any' && route !== 'echo' && route !== 'delivery');
}

/** A fault of an echo or a delivery strikes there, whatever route it was filed under. */
export function faultRouteOf({ kind, route }: Pick<FaultSettings, 'kind' | 'route'>): FaultRoute {
  if (ECHO_FAULTS.some((echo) => echo === kind)) return 'echo';
  if (DELIVERY_FAULTS.some((delivery) => delivery === kind)) return 'delivery';
  return route;
}

export function isEarlyFault(kind: FaultKind): kind is EarlyFault {
  return EARLY_FAULTS.some((early) => early === kind);
}

export function isLateFault(kind: FaultKind): kind is LateFault {
  return LATE_FAULTS.some((late) => late === kind);
}
