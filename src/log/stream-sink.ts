// SPDX-License-Identifier: Apache-2.0

import type { Writable } from 'node:stream';
import { droppedText, maxWaitingBytes, type Sink } from './sink.js';

/**
 * Writes to a stream that belongs to the process (stderr, stdout). A pipe that nobody reads fills up: then lines are
 * dropped and counted until it takes them again.
 */
export function streamSink(stream: Writable): Sink {
  let dropped = 0;
  let untold = 0;
  // Without a listener the process would die of a reader that went away.
  const onError = (): void => {};
  stream.on('error', onError);
  return {
    get dropped() {
      return dropped;
    },
    write(line) {
      if (stream.destroyed || stream.writableLength > maxWaitingBytes) {
        dropped++;
        untold++;
        return;
      }
      if (untold > 0) {
        stream.write(`${droppedText(untold)}\n`);
        untold = 0;
      }
      stream.write(line);
    },
    close(timeoutMs) {
      return new Promise((resolve) => {
        if (stream.destroyed || stream.writableLength === 0) return resolve();
        const timer = setTimeout(resolve, timeoutMs);
        stream.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
