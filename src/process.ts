// SPDX-License-Identifier: Apache-2.0

/**
 * Resolves with the reason when this process is to end in order: SIGINT, SIGTERM, or the end of the parent process
 * that it has an IPC channel to.
 */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
    if (process.channel !== undefined) {
      process.on('disconnect', () => resolve('the parent process has ended'));
      // The listener alone would keep an otherwise finished process alive.
      process.channel.unref();
    }
  });
}
