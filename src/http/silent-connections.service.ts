import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends the oldest connections that have said nothing yet, when there are more than `most` of them: whoever opens thousands costs no
 * memory, and a new one, which may be X's, is always taken.
 */
export function endSilentConnections(server: Server, most: number): void {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
    for (const oldest of silent) {
      if (silent.size <= most) {
        return;
      }
      silent.delete(oldest);
      if (oldest.bytesRead === 0) {
        oldest.destroy();
      }
    }
  });
}
