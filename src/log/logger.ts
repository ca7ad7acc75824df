// SPDX-License-Identifier: Apache-2.0

/** What every room logs through; passed in, never global. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Says nothing: for tests and for callers that have no log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
