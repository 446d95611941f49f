// The control of callbacks.spec.ts: what teams are to be told is written after its cause, as with a queue in memory. Loaded before the built service.
require('reflect-metadata');
const { TeamEvents } = require('../../dist/callbacks/event/team-events.service.js');

const tell = TeamEvents.prototype.tell;
TeamEvents.prototype.tell = function (events) {
  setTimeout(() => void tell.call(this, events).catch(() => undefined), 500);
  return Promise.resolve();
};
