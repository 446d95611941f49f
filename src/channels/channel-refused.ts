import { Problem } from '../kernel/problem.js';
import type { Channel } from './channel.js';

/** Before X is asked something on a channel's behalf. @throws Problem when X refuses its tokens: it is asked nothing until that is mended */
export function assertNotRevoked({ connection, connectionDetail }: Pick<Channel, 'connection' | 'connectionDetail'>): void {
  if (connection === 'revoked') {
    throw new Problem('channel.credentials-rejected', 'X does not let the channel act, so it cannot be asked about the participant.', {
      ...(connectionDetail === null ? {} : { remedy: connectionDetail }),
    });
  }
}
