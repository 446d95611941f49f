import { createHmac, hkdfSync } from 'node:crypto';

/** X user ids are few enough to try them all, so the digest has a key. */
export function hashParticipant(channelId: string, participantId: string, encryptionKey: Buffer): string {
  const pepper = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'erased-participant-pepper', 32));
  return createHmac('sha256', pepper).update(`${channelId} ${participantId}`).digest('base64url');
}
