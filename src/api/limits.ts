// SPDX-License-Identifier: Apache-2.0

/** What one client may take of the server. Sizes in bytes. */
export interface Limits {
  /** Largest body of a request, where the route has no limit of its own. */
  readonly bodyBytes: number;
  /** Request line and headers together. */
  readonly headerBytes: number;
  /** The request target alone. */
  readonly urlBytes: number;
  /** From the connection's start (or the last answer's end) to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** To the end of a body that is read as a whole. */
  readonly requestTimeoutMs: number;
  /** Between two pieces of a body. */
  readonly bodyIdleMs: number;
  /** How long a client may leave an answer unread. */
  readonly answerStallMs: number;
  /** How long an idle connection is kept for a next request. */
  readonly keepAliveMs: number;
  /** How long a refused client may go on sending before the connection is cut, so that it gets to read why. */
  readonly lingerMs: number;
  /** How long running answers may take at `stop()`. */
  readonly stopGraceMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 16 * 1024 * 1024,
  headerBytes: 64 * 1024,
  urlBytes: 32 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 120_000,
  bodyIdleMs: 15_000,
  answerStallMs: 30_000,
  keepAliveMs: 75_000,
  lingerMs: 1000,
  stopGraceMs: 500,
};
