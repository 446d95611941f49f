// The control of policy-kill-loop.spec.ts: a place in the limits is taken in a transaction of its own, before the message's, which
// gives it back when it has its own.
require('reflect-metadata');
const { OutgoingMessages } = require('../../dist/messaging/acceptance/outgoing-messages.service.js');
const { LimitUseEntity, NOT_YET } = require('../../dist/rate-policy/limit-use.entity.js');

let places = 0;
const { accept } = OutgoingMessages.prototype;
OutgoingMessages.prototype.accept = async function (channel, ...rest) {
  const { unitOfWork } = this.gathered;
  const { accountId, appFingerprint } = channel;
  const messageId = `msg_to_be_${process.pid}_${(places += 1)}`;
  await unitOfWork.run((manager) => manager.insert(LimitUseEntity, { messageId, accountId, appFingerprint, countedAt: NOT_YET, beganAt: null }));
  try {
    return await accept.call(this, channel, ...rest);
  } finally {
    await unitOfWork.run((manager) => manager.delete(LimitUseEntity, { messageId }));
  }
};

// After the above, so that it strikes in what stands there.
require('./policy-preload.cjs');
