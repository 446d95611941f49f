// The control of events.spec.ts: an inbox that answers X before the event is on disk. Loaded before the built service.
require('reflect-metadata');
const { WebhookInbox } = require('../../dist/webhook/webhook-inbox.service.js');

const store = WebhookInbox.prototype.store;
WebhookInbox.prototype.store = function (...event) {
  // Later, as with a queue in memory.
  setTimeout(() => void store.apply(this, event).catch(() => undefined), 1_500);
  return Promise.resolve();
};
