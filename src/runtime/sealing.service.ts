import { Injectable } from '@nestjs/common';
import { InjectSecrets } from '../config/inject-settings.decorator.js';
import type { Secrets } from '../config/settings.js';
import { Randomness } from './randomness.service.js';
import { NONCE_BYTES, openText, sealText } from './sealed-text.js';

/** A sealed text and the id of the key that opens it; both may be stored. */
export interface Sealed {
  sealed: string;
  encryptionKeyId: string;
}

/** Secrets at rest. New ones are sealed with ENCRYPTION_KEY; ENCRYPTION_KEYS_PREVIOUS still open what was sealed before. */
@Injectable()
export class Sealing {
  constructor(
    private readonly randomness: Randomness,
    @InjectSecrets() private readonly secrets: Secrets,
  ) {}

  seal(text: string, context: string): Sealed {
    const { id, key } = this.secrets.encryptionKeys.current;
    return { sealed: sealText(text, context, key, this.randomness.bytes(NONCE_BYTES)), encryptionKeyId: id };
  }

  /** @throws when no key of ours has that id, or the text was changed or moved */
  open({ sealed, encryptionKeyId }: Sealed, context: string): string {
    const { current, previous } = this.secrets.encryptionKeys;
    const found = [current, ...previous].find((key) => key.id === encryptionKeyId);
    if (found === undefined) {
      throw new Error(`No encryption key with the id ${encryptionKeyId}: add it to ENCRYPTION_KEYS_PREVIOUS`);
    }
    return openText(sealed, context, found.key);
  }
}
