// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An upgrade as it was recorded. */
export interface RecordedConnection {
  readonly conn: number;
  /** Unix seconds. */
  readonly t0: number;
  readonly request: string;
  readonly response: string;
}

/** A WebSocket message (or close) as it was recorded. */
export interface RecordedMessage {
  readonly t: number;
  readonly conn: number;
  readonly dir: 'c>s' | 's>c';
  readonly op: string;
  readonly json?: RecordedEnvelope;
  readonly b64?: string;
  readonly decoded?: RecordedEnvelope;
  readonly code?: number;
  readonly reason?: string;
  readonly undecodable?: string;
}

export interface RecordedEnvelope {
  readonly Namespace?: string;
  readonly Type?: string;
  readonly UUID?: string;
  readonly Status?: number;
  readonly Obj?: unknown;
}

export interface Recording {
  readonly connections: readonly RecordedConnection[];
  readonly messages: readonly RecordedMessage[];
}

const folder = join(import.meta.dirname, '../../../../shared/wire');

/** Exchanges of the original programs, where they are at hand; skips the test otherwise. */
export function recording(t: TestContext, name: string): Recording | undefined {
  const path = join(folder, `${name}.jsonl`);
  if (!existsSync(path)) {
    t.skip('needs the recorded exchanges of the original');
    return undefined;
  }
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedConnection | RecordedMessage);
  return {
    connections: lines.filter((line): line is RecordedConnection => 'request' in line),
    messages: lines.filter((line): line is RecordedMessage => 'op' in line),
  };
}

/** Header lines of a recorded upgrade request, without those that the client library makes. */
export function requestHeaders(connection: RecordedConnection): {
  path: string;
  headers: Record<string, string>;
} {
  const [first = '', ...lines] = connection.request.split('\r\n').filter((line) => line !== '');
  const own = /^(x-|cookie)/i;
  const headers = lines
    .filter((line) => own.test(line))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
  return { path: first.split(' ')[1] ?? '', headers: Object.fromEntries(headers) };
}

/** The bytes of a recorded message. */
export function recordedBytes(message: RecordedMessage): Buffer {
  return message.b64 === undefined
    ? Buffer.from(JSON.stringify(message.json))
    : Buffer.from(message.b64, 'base64');
}

/** The datagrams of a recording that is there. */
export function datagrams(name: string): Buffer[] {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => Buffer.from((JSON.parse(line) as { udp: string }).udp, 'base64'));
}
