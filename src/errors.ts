// SPDX-License-Identifier: Apache-2.0

interface Row {
  readonly status: number;
  readonly close?: number;
}

/**
 * Every error that Skydive raises on purpose: its code, the HTTP status an API answer carries and, where a
 * WebSocket has to be closed for it, the close code (RFC 6455 §7.4.1).
 *
 * The table is the only place that lists them. A message says what happened, to which object, and what to do.
 */
const table = {
  SKY_E_CONFIG: { status: 500 },
  SKY_E_CONFIG_KEY: { status: 404 },
  SKY_E_ADDRESS: { status: 400 },
  SKY_E_BAD_REQUEST: { status: 400 },
  SKY_E_UNAUTHORIZED: { status: 401 },
  SKY_E_FORBIDDEN: { status: 405 },
  SKY_E_NOT_FOUND: { status: 404 },
  SKY_E_CONFLICT: { status: 409 },
  SKY_E_TOO_LARGE: { status: 413, close: 1009 },
  SKY_E_NOT_ACCEPTABLE: { status: 406 },
  SKY_E_TIMEOUT: { status: 408 },
  SKY_E_GRAPH_DUPLICATE: { status: 409 },
  SKY_E_GRAPH_NOT_FOUND: { status: 404 },
  SKY_E_GRAPH_PATH: { status: 400 },
  SKY_E_GRAPH_DECODE: { status: 400 },
  SKY_E_GREMLIN_SYNTAX: { status: 400 },
  SKY_E_GREMLIN_EXEC: { status: 400 },
  SKY_E_GREMLIN_BUDGET: { status: 400, close: 1008 },
  SKY_E_NO_HISTORY: { status: 400 },
  SKY_E_STORE: { status: 500 },
  SKY_E_WIRE: { status: 400, close: 1002 },
  SKY_E_NATIVE: { status: 500 },
  SKY_E_PROBE: { status: 500 },
  SKY_E_INTERNAL: { status: 500, close: 1011 },
} satisfies Record<string, Row>;

export type ErrorCode = keyof typeof table;

/** An error with a code of the table above. `cause` keeps the error that led here. */
export class SkydiveError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SkydiveError';
    this.code = code;
  }

  /** HTTP status of an API answer. */
  get status(): number {
    return table[this.code].status;
  }

  /** WebSocket close code, 1011 (internal error) where the table has none. */
  get closeCode(): number {
    const row: Row = table[this.code];
    return row.close ?? 1011;
  }
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
