// SPDX-License-Identifier: Apache-2.0

import type { IncomingHttpHeaders } from 'node:http';

/** What a handler sees of a request. */
export interface ApiRequest {
  readonly method: string;
  /** Percent-decoded path without query. */
  readonly path: string;
  /** Values of the `{name}` parts of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** From the authenticator; empty on public routes. */
  readonly user: string;
  /** Address of the client. */
  readonly from: string;
  /** Aborted when the client goes or the server stops. */
  readonly signal: AbortSignal;
  /** The whole body. Throws SKY_E_TOO_LARGE above the route's limit and SKY_E_TIMEOUT when the client stalls. */
  body(): Promise<Buffer>;
  /**
   * The body piece by piece, of any size and as fast as it is taken, instead of `body`. Throws SKY_E_TIMEOUT when the
   * client stalls, SKY_E_BAD_REQUEST when it goes.
   */
  stream(): AsyncIterable<Uint8Array>;
}

/** What a handler answers; the transport adds Vary, CORS, compression and framing. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Content-Type, verbatim. Absent: the answer has none. */
  readonly type?: string;
  /** Chunks are pulled only as fast as the client reads. Absent: empty. */
  readonly body?: string | Uint8Array | Iterable<string> | AsyncIterable<string | Uint8Array>;
}

export type Handler = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;
