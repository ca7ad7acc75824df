// SPDX-License-Identifier: Apache-2.0

import { close, constants, openSync, write } from 'node:fs';
import { messageOf, SkydiveError } from '../errors.js';
import { droppedText, maxWaitingBytes, type Sink } from './sink.js';

/**
 * Writes to a file, emptied at start. One write is under way at a time; lines that come meanwhile wait, up to a
 * bound. A full disk drops lines, says so once to `onFault`, and is tried again with the next line.
 * Throws SKY_E_CONFIG when the file cannot be opened.
 */
export function fileSink(path: string, onFault: (message: string) => void): Sink {
  let fd: number;
  try {
    // Appending, so that a rotation by copy and truncate leaves no hole.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
    fd = openSync(path, flags, 0o644);
  } catch (error) {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `cannot open logging.file.path ${path}: ${messageOf(error)}; name a file that this user may write`,
      { cause: error },
    );
  }
  let waiting: string[] = [];
  let waitingBytes = 0;
  let writing = false;
  let dropped = 0;
  let untold = 0;
  let failing = false;
  let closed = false;
  let onIdle: (() => void) | undefined;

  function next(): void {
    if (writing || waiting.length === 0) {
      if (!writing) onIdle?.();
      return;
    }
    const lines = waiting.length;
    if (untold > 0) waiting.push(`${droppedText(untold)}\n`);
    untold = 0;
    const chunk = Buffer.from(waiting.join(''));
    waiting = [];
    waitingBytes = 0;
    writing = true;
    writeAll(fd, chunk, (error) => {
      writing = false;
      if (error) {
        dropped += lines;
        untold += lines;
        if (!failing)
          onFault(`cannot write log ${path}: ${error.message}; its lines are dropped until that works`);
      }
      failing = error !== null;
      next();
    });
  }

  return {
    get dropped() {
      return dropped;
    },
    write(line) {
      if (closed || waitingBytes > maxWaitingBytes) {
        dropped++;
        untold++;
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
      next();
    },
    async close(timeoutMs) {
      closed = true;
      if (writing) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          onIdle = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      await new Promise<void>((resolve) => close(fd, () => resolve()));
    },
  };
}

function writeAll(fd: number, chunk: Uint8Array, done: (error: Error | null) => void): void {
  write(fd, chunk, (error, count) => {
    if (error || count === chunk.length) done(error);
    else writeAll(fd, chunk.subarray(count), done);
  });
}
