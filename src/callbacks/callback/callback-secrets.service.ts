import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { DAY_MS } from '../../kernel/duration.js';
import { Randomness } from '../../runtime/randomness.service.js';
import { Sealing } from '../../runtime/sealing.service.js';
import { SECRET_BYTES, SECRET_PREFIX } from '../delivery/delivery-signature.js';
import type { CallbackEntity } from './callback.entity.js';

/** How long a secret still signs beside the one that has replaced it. */
const OLD_SECRET_KEEP_MS = DAY_MS;

type SecretColumns = Pick<CallbackEntity, 'secret' | 'encryptionKeyId' | 'secretCreatedAt' | 'oldSecret' | 'oldEncryptionKeyId' | 'oldSecretUntil'>;

/** The secrets that callbacks are signed with: sealed at rest, shown once. */
@Injectable()
export class CallbackSecrets {
  constructor(
    private readonly sealing: Sealing,
    private readonly randomness: Randomness,
    private readonly clock: Clock,
  ) {}

  /** A new one, as it is shown this once and as it is kept. `before` goes on signing for a day. */
  create(callbackId: string, before: SecretColumns | null): { secret: string; columns: SecretColumns } {
    const secret = `${SECRET_PREFIX}${this.randomness.bytes(SECRET_BYTES).toString('base64')}`;
    const { sealed, encryptionKeyId } = this.sealing.seal(secret, contextOf(callbackId));
    const now = this.clock.now();
    const old = before === null ? { oldSecret: null, oldEncryptionKeyId: null, oldSecretUntil: null } : { oldSecret: before.secret, oldEncryptionKeyId: before.encryptionKeyId, oldSecretUntil: now + OLD_SECRET_KEEP_MS };
    return { secret, columns: { secret: sealed, encryptionKeyId, secretCreatedAt: now, ...old } };
  }

  /** Those that are to sign now, the newest first. */
  listValid(callback: SecretColumns & { id: string }): string[] {
    const { id, secret, encryptionKeyId, oldSecret, oldEncryptionKeyId, oldSecretUntil } = callback;
    const isOldValid = oldSecretUntil !== null && this.clock.now() < oldSecretUntil;
    const old = isOldValid && oldSecret !== null && oldEncryptionKeyId !== null ? [this.sealing.open({ sealed: oldSecret, encryptionKeyId: oldEncryptionKeyId }, contextOf(id))] : [];
    return [this.sealing.open({ sealed: secret, encryptionKeyId }, contextOf(id)), ...old];
  }
}

/** A sealed secret opens for its own callback only. */
function contextOf(callbackId: string): string {
  return `callback-secret ${callbackId}`;
}
