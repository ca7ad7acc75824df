// SPDX-License-Identifier: Apache-2.0

import type { Level } from './level.js';

/** Where lines of one backend go. Never throws and never waits; what it cannot take is dropped and counted. */
export interface Sink {
  write(line: string, level: Level): void;
  /** Lines dropped since the start. */
  readonly dropped: number;
  /** Hands over what waits, at most for `timeoutMs`, and lets go of the file or socket. */
  close(timeoutMs: number): Promise<void>;
}

/** Bytes that may wait in one backend: some thousand lines. */
export const maxWaitingBytes = 1024 * 1024;

/** The line that stands for dropped ones once a backend takes lines again. */
export function droppedText(count: number): string {
  return `${count} log line${count === 1 ? ' was' : 's were'} dropped here: this backend did not take them`;
}
