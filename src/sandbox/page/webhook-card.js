import { call } from './api.js';
import { byId, clockTime, setBadge, setResult, setText } from './dom.js';

const OUTCOMES = {
  passed: 'passed',
  crcWrong: 'wrong token or not JSON',
  crcSlow: 'slower than 3 s',
  crcNotOk: 'not answered with 200',
};

/** Where X tells of the chosen brand, and how the last delivery went. */
export class WebhookCard {
  constructor() {
    this.webhook = null;
    byId('challenge').addEventListener('click', () => this.run(async () => {
      const results = await call('POST', 'webhooks/crc');
      const own = results.find((result) => result.webhookId === this.webhook?.id);
      if (own === undefined) return ['X challenges valid webhooks only.', 'bad'];
      return [`Challenge: ${OUTCOMES[own.outcome]}`, own.outcome === 'passed' ? 'good' : 'bad'];
    }));
    byId('invalidate').addEventListener('click', () => this.run(async () => {
      await call('POST', `webhooks/${this.webhook.id}/invalidate`);
      return ['Invalid: X delivers nothing until a PUT passes the challenge.', 'bad'];
    }));
  }

  show(state, brand) {
    const subscription = state.subscriptions.find((one) => one.accountId === brand.id);
    const ofApp = state.webhooks.filter((one) => brand.grants.some((grant) => grant.appId === one.appId));
    this.webhook = ofApp.find((one) => one.environment === subscription?.environment) ?? ofApp[0] ?? null;
    const isValid = this.webhook?.isValid === true;
    setBadge(byId('webhook-badge'), this.webhook === null ? 'none' : isValid ? 'valid' : 'invalid', isValid ? 'good' : this.webhook === null ? 'warn' : 'bad');
    setText(byId('webhook-url'), this.webhook === null ? 'none registered' : `${this.webhook.url} (${this.webhook.environment})`);
    setText(byId('subscribed'), subscription === undefined ? 'no: X tells nobody' : `yes, in ${subscription.environment}`);
    setText(byId('last-delivery'), describeDelivery(state.lastDelivery));
    byId('challenge').disabled = this.webhook === null;
    byId('invalidate').disabled = !isValid;
  }

  async run(action) {
    const result = byId('webhook-result');
    try {
      setResult(result, ...(await action()));
    } catch (error) {
      setResult(result, error.message, 'bad');
    }
  }
}

function describeDelivery(delivery) {
  if (delivery === null) return 'none yet';
  const outcome = delivery.status === null ? `no answer (${delivery.error})` : `answered ${delivery.status}`;
  return `${delivery.kind} ${outcome} in ${delivery.ms} ms at ${clockTime(delivery.at)}`;
}
