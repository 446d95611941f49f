// The control of sends.spec.ts: what a queue does unless it is told otherwise. A message whose dispatcher died, or whose send ended
// without a clear answer, waits for another try.
require('reflect-metadata');
const { Settlement } = require('../../dist/messaging/outbox/settlement.service.js');

if (typeof Settlement.prototype.markUnknown !== 'function') throw new Error('There is no Settlement.markUnknown');
Settlement.prototype.markUnknown = async function (manager, _channel, message, answer) {
  const { AttemptEntity } = require('../../dist/messaging/message/attempt.entity.js');
  for (const { id } of await manager.findBy(AttemptEntity, { messageId: message.id, outcome: 'in-flight' })) {
    await this.finishAttempt(manager, id, 'not-sent', answer);
  }
  await this.places.putBack(manager, message.id);
  await this.outbox.putBack(manager, message, this.clock.now() + 50, null);
};

// After the above: it moves the clock.
require('./policy-preload.cjs');
