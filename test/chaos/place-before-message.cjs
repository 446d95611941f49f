// The control of policy-kill-loop.spec.ts: a place in the limits is taken in a transaction of its own, before the message's.
require('reflect-metadata');
const { OutgoingMessages } = require('../../dist/messaging/acceptance/outgoing-messages.service.js');
const { LimitPlaces } = require('../../dist/rate-policy/limit-places.service.js');
const { LimitUseEntity, NOT_YET } = require('../../dist/rate-policy/limit-use.entity.js');

const { prepare, accept } = OutgoingMessages.prototype;
OutgoingMessages.prototype.prepare = async function (...args) {
  const prepared = await prepare.apply(this, args);
  const { accountId, appFingerprint } = prepared.parties.channel;
  const place = { messageId: this.ids.create('msg'), accountId, appFingerprint, countedAt: NOT_YET, beganAt: null };
  await this.unitOfWork.run((manager) => manager.insert(LimitUseEntity, place));
  return { ...prepared, parties: { ...prepared.parties, place } };
};
OutgoingMessages.prototype.accept = async function (prepared, ...rest) {
  const accepted = await accept.call(this, prepared, ...rest);
  // One that did not need it gives it back.
  await this.unitOfWork.run((manager) => manager.delete(LimitUseEntity, { messageId: prepared.parties.place.messageId }));
  return accepted;
};

const take = LimitPlaces.prototype.take;
LimitPlaces.prototype.take = async function (manager, open, messageId) {
  const { place } = open.parties;
  if (place === undefined) return take.call(this, manager, open, messageId);
  await manager.update(LimitUseEntity, { messageId: place.messageId }, { messageId });
  return open.states;
};

// After the above, so that it strikes in what stands there.
require('./policy-preload.cjs');
