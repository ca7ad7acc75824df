// SPDX-License-Identifier: Apache-2.0

import type { Socket } from 'node:net';

/**
 * Makes the socket's end one that clients notice: closing a socket with unread data resets the connection, and a
 * client that is still sending (a body that is too large) loses the answer that tells it why. So our side is shut
 * first and what still comes is thrown away, for `lingerMs` at most.
 */
export function lingeringClose(socket: Socket, lingerMs: number): void {
  const destroySoon = socket.destroySoon.bind(socket);
  // node:http ends a connection with this method.
  socket.destroySoon = () => {
    if (socket.destroyed || socket.readableEnded) {
      destroySoon();
      return;
    }
    const cut = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(cut));
    socket.once('end', destroySoon);
    socket.end();
    socket.resume();
  };
}
