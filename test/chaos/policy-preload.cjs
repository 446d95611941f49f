// Loaded before the built service by policy-kill-loop.spec.ts.
// CLOCK_AHEAD_MS: the service's clock is so far ahead of the machine's, so that hours pass between two of its lives.
// KILL_AT, such as `after LimitPlaces.take 3`: the process ends as by a power cut at the third such call.
require('reflect-metadata');

const FILES = {
  LimitPlaces: 'rate-policy/limit-places.service.js',
  LimitRelease: 'messaging/outbox/limit-release.service.js',
  SendStops: 'rate-policy/send-stops.service.js',
  Acceptance: 'messaging/acceptance/acceptance.service.js',
  Handover: 'messaging/outbox/handover.service.js',
  OutgoingMessages: 'messaging/acceptance/outgoing-messages.service.js',
  Settlement: 'messaging/outbox/settlement.service.js',
  SystemClock: 'runtime/system-clock.service.js',
  WindowCharges: 'messaging/window/window-charges.service.js',
};
const partOf = (name) => require(`../../dist/${FILES[name]}`)[name].prototype;

const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);
partOf('SystemClock').now = () => Date.now() + aheadMs;

const [when, what = '', nth] = (process.env.KILL_AT ?? '').split(' ');
const [part, method] = what.split('.');
if (method !== undefined) {
  const original = partOf(part)[method];
  if (typeof original !== 'function') throw new Error(`There is no ${what}`);
  let calls = 0;
  const strike = () => {
    calls += 1;
    if (calls === Number(nth)) process.kill(process.pid, 'SIGKILL');
  };
  partOf(part)[method] = async function (...args) {
    if (when === 'before') strike();
    const result = await original.apply(this, args);
    if (when === 'after') strike();
    return result;
  };
}
