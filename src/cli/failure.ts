// SPDX-License-Identifier: Apache-2.0

/** Ends a command: the message goes to the log as an error and the process exits with 1. */
export class CommandFailure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CommandFailure';
  }
}
