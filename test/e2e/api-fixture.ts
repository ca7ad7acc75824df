// SPDX-License-Identifier: Apache-2.0

import { connect, type Socket } from 'node:net';
import type { ApiParts } from '../../src/api/parts.js';
import { ApiServer } from '../../src/api/server.js';
import type { Authenticator } from '../../src/auth/authenticator.js';
import { combine } from '../../src/auth/combine.js';
import { noauth } from '../../src/auth/noauth.js';
import { bundledPolicy } from '../../src/auth/rbac/bundled.js';
import { Rules } from '../../src/auth/rbac/rules.js';
import type { Config, ConfigValue } from '../../src/config/key.js';
import { SkydiveError } from '../../src/errors.js';
import type { Node } from '../../src/graph/element.js';
import { Graph } from '../../src/graph/graph.js';
import type { GraphSource, GraphView } from '../../src/graph/view.js';
import { silentLogger } from '../../src/log/logger.js';

export function configOf(values: Readonly<Record<string, ConfigValue>>): Config {
  const get = (key: string) => values[key.toLowerCase()];
  return {
    get,
    getString: (key) => String(get(key) ?? ''),
    getInt: (key) => Number(get(key) ?? 0),
    getBool: (key) => get(key) === true,
    getList: (key) => (get(key) ?? []) as readonly string[],
    shown: get,
    getMap: (key) => (get(key) ?? {}) as { readonly [key: string]: ConfigValue },
    isSet: (key) => get(key) !== undefined,
  };
}

/** Counts the views that are still held. */
export interface Watched extends GraphSource {
  readonly held: number;
}

/** A live graph of these nodes. */
export function graphOf(nodes: readonly Node[]): Watched {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  for (const node of nodes) graph.applyNodeAdded(node);
  let held = 0;
  return {
    get held() {
      return held;
    },
    view(context) {
      const view = graph.view(context) as GraphView;
      held++;
      const release = view.release.bind(view);
      return Object.assign(view, {
        release() {
          held--;
          release();
        },
      });
    },
  };
}

/** A graph whose past takes forever to look up, unless the query is cancelled. */
export function graphWithEndlessPast(nodes: readonly Node[]): Watched {
  const live = graphOf(nodes);
  let held = 0;
  return {
    get held() {
      return held;
    },
    view(context, signal) {
      if (context === undefined || context.kind === 'live') return live.view(context, signal);
      held++;
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          held--;
          reject(new SkydiveError('SKY_E_GREMLIN_EXEC', 'the query was cancelled'));
        });
      });
    },
  };
}

export function nodeOf(ID: string, extra: Readonly<Record<string, string>> = {}): Node {
  return {
    ID,
    Metadata: { Name: ID, Type: 'device', ...extra },
    Host: 'h',
    Origin: 'agent.h',
    CreatedAt: 1,
    UpdatedAt: 1,
    DeletedAt: null,
    Revision: 1,
  };
}

export interface RunningApi {
  readonly port: number;
  readonly url: string;
}

/** Everybody is admin; an agent keeps no policy. */
export function openTo(service: 'analyzer' | 'agent'): Authenticator {
  return combine(noauth, service === 'analyzer' ? new Rules(bundledPolicy) : undefined, 'admin');
}

/** A real server on loopback for one test, stopped after it. */
export async function withApi(
  parts: Partial<ApiParts>,
  use: (api: RunningApi) => Promise<void>,
): Promise<void> {
  const server = new ApiServer({
    service: 'analyzer',
    hostId: 'an1',
    version: 'unknown',
    config: configOf({}),
    source: graphOf([]),
    status: () => ({}),
    authenticator: openTo(parts.service ?? 'analyzer'),
    logger: silentLogger,
    listen: { host: '127.0.0.1', port: 0 },
    ...parts,
  });
  const { port } = await server.start();
  try {
    await use({ port, url: `http://127.0.0.1:${port}` });
  } finally {
    await server.stop();
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly statusLine: string;
  /** Lower-case names; repeated ones as a list. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** De-chunked. */
  readonly body: Buffer;
}

function dechunk(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, end), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

export function parseAnswer(raw: Buffer): RawAnswer {
  const end = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.toString('latin1', 0, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  const rest = raw.subarray(end + 4);
  const chunked = headers.get('transfer-encoding')?.[0] === 'chunked';
  return {
    status: Number(statusLine.split(' ')[1]),
    statusLine,
    headers,
    body: chunked ? dechunk(rest) : rest,
  };
}

/**
 * Tells from the head of an answer when it has come whole: called with each further piece, first with all there is.
 * Undefined while the head is not complete.
 */
function endOf(raw: Buffer, head: boolean): ((piece: Buffer) => boolean) | undefined {
  const end = raw.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const text = raw.toString('latin1', 0, end).toLowerCase();
  if (head || / (204|304) /.test(text.split('\r\n')[0]!)) return () => true;
  const length = /\r\ncontent-length: (\d+)/.exec(text)?.[1];
  let got = -1;
  let tail = '';
  return (piece) => {
    const body = got < 0 ? raw.subarray(end + 4) : piece;
    got = Math.max(got, 0) + body.length;
    tail = (tail + body.toString('latin1', Math.max(0, body.length - 8))).slice(-8);
    if (length !== undefined) return got >= Number(length);
    return (
      text.includes('transfer-encoding: chunked') && (tail.endsWith('\r\n0\r\n\r\n') || tail === '0\r\n\r\n')
    );
  };
}

/** Writes these bytes on a new connection and reads one answer. */
export function exchange(port: number, request: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const head = request.toString('latin1').startsWith('HEAD ');
    const chunks: Buffer[] = [];
    let declared: ((last: Buffer) => boolean) | undefined;
    const done = () => {
      socket.destroy();
      const raw = Buffer.concat(chunks);
      if (raw.length === 0) reject(new Error('the connection ended without an answer'));
      else resolve(parseAnswer(raw));
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      declared ??= endOf(Buffer.concat(chunks), head);
      if (declared?.(chunk) === true) done();
    });
    socket.on('end', done).on('error', (error) => (chunks.length > 0 ? done() : reject(error)));
    socket.write(request);
  });
}

export function get(port: number, path: string, headers = ''): Promise<RawAnswer> {
  return exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
}

export function post(port: number, path: string, body: string, headers = ''): Promise<RawAnswer> {
  const length = Buffer.byteLength(body);
  return exchange(
    port,
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`,
  );
}

export function ask(port: number, query: string): Promise<RawAnswer> {
  return post(port, '/api/topology', JSON.stringify({ GremlinQuery: query }));
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Polls until the condition holds. */
export async function until(condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not reached within ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
