// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { formatAddress } from '../../config/address.js';
import { messageOf } from '../../errors.js';
import { encodeJson } from '../../json/encode.js';
import { encodeJsonHead } from '../../wire/codec-json.js';
import { CommandFailure } from '../failure.js';
import type { Connection } from './connection.js';
import { proxyFor, tunnel } from './proxy.js';

/** Bytes that may wait to be sent before the next element is encoded. */
const mostWaiting = 1024 * 1024;
const handshakeTimeoutMs = 10_000;

interface Graph {
  readonly Nodes: readonly unknown[];
  readonly Edges: readonly unknown[];
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return value === null || value === undefined ? [] : Array.isArray(value) ? value : undefined;
}

/** A file as `topology export` writes it: an array of one graph. */
async function readGraph(file: string): Promise<Graph> {
  let decoded: unknown;
  try {
    decoded = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CommandFailure(`${file}: ${messageOf(error)}`, { cause: error });
  }
  const [graph, second] = Array.isArray(decoded) ? (decoded as unknown[]) : [];
  if (typeof graph === 'object' && graph !== null && second === undefined) {
    const { Nodes, Edges } = graph as Partial<Record<keyof Graph, unknown>>;
    const [nodes, edges] = [listOf(Nodes), listOf(Edges)];
    if (nodes !== undefined && edges !== undefined) return { Nodes: nodes, Edges: edges };
  }
  throw new CommandFailure(
    `Invalid graph format: ${file} has to hold an array of one graph, as export prints it`,
  );
}

async function throughProxy(connection: Connection): Promise<(() => Duplex) | undefined> {
  const { address, tls } = connection;
  const proxy = proxyFor(tls === undefined ? 'http' : 'https', address, process.env);
  if (proxy === undefined) return undefined;
  const socket = await tunnel(proxy, address);
  if (tls === undefined) return () => socket;
  const { cert, key, ca, insecure } = tls;
  const secure = { cert, key, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecure };
  return () => connect({ socket, servername: address.host, ...secure });
}

async function open(connection: Connection, endpoint: string): Promise<WebSocket> {
  const { address, username, password, tls } = connection;
  const createConnection = await throughProxy(connection);
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const socket = new WebSocket(
    `${tls === undefined ? 'ws' : 'wss'}://${formatAddress(address)}${endpoint}`,
    [],
    {
      perMessageDeflate: false,
      handshakeTimeout: handshakeTimeoutMs,
      headers: {
        'X-Host-ID': hostname(),
        'X-Client-Type': 'CLI',
        'X-Client-Protocol': 'json',
        'X-Websocket-Namespace': '*',
        'X-Persistence-Policy': 'Persistent',
        ...(username === '' ? {} : { Authorization: `Basic ${credentials}` }),
      },
      ...(createConnection === undefined ? {} : { createConnection }),
      ...(tls === undefined
        ? {}
        : { cert: tls.cert, key: tls.key, ...(tls.ca && { ca: tls.ca }), rejectUnauthorized: !tls.insecure }),
    },
  );
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, answer) => {
      reject(
        new CommandFailure(
          `${endpoint} of the analyzer answered ${answer.statusCode} ${answer.statusMessage}`,
        ),
      );
      socket.terminate();
    });
    socket.on('error', (error) => {
      const where = formatAddress(address);
      reject(new CommandFailure(`cannot reach the analyzer at ${where}: ${error.message}`, { cause: error }));
    });
  });
}

/** Sends one element; resolves when the next may be sent. */
function publish(socket: WebSocket, type: string, element: unknown): Promise<void> | undefined {
  const head = encodeJsonHead({ namespace: 'Graph', type, uuid: crypto.randomUUID(), status: 200 });
  const message = Buffer.from(`${head}${encodeJson(element)}}`);
  if (socket.bufferedAmount < mostWaiting) {
    socket.send(message);
    return undefined;
  }
  return new Promise((resolve, reject) => {
    socket.send(message, (error) => (error ? reject(new CommandFailure(error.message)) : resolve()));
  });
}

/** Publishes the elements of an exported graph; they stay when this client has gone. */
export async function importGraph(connection: Connection, file: string, endpoint: string): Promise<void> {
  const graph = await readGraph(file);
  const socket = await open(connection, endpoint);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  for (const node of graph.Nodes) await publish(socket, 'NodeAdded', node);
  for (const edge of graph.Edges) await publish(socket, 'EdgeAdded', edge);
  // Closed by handshake: what was sent before it has been received.
  socket.close(1000);
  const code = await closed;
  if (code !== 1000 && code !== 1005)
    throw new CommandFailure(`the analyzer broke the connection off (code ${code})`);
}
