// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';

export interface Envelope {
  readonly Namespace: string;
  readonly Type: string;
  readonly UUID?: string;
  readonly Status: number;
  readonly Obj: unknown;
}

/** A client of an endpoint that speaks JSON and keeps what it gets. */
export interface TestClient {
  readonly socket: WebSocket;
  readonly got: Envelope[];
  send(type: string, obj: unknown, uuid?: string): void;
}

export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Connects and waits for the first ping; rejects with the close code when the connection is refused. */
export async function connectClient(
  t: TestContext,
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<TestClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { 'X-Client-Type': 'test', ...headers },
    perMessageDeflate: false,
  });
  t.after(() => socket.terminate());
  const got: Envelope[] = [];
  socket.on('message', (data) => got.push(JSON.parse((data as Buffer).toString())));
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('ping', () => resolve());
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
  return {
    socket,
    got,
    send: (type, obj, uuid) => {
      const head = { Namespace: 'Graph', Type: type, ...(uuid === undefined ? {} : { UUID: uuid }) };
      socket.send(JSON.stringify(obj === undefined ? head : { ...head, Obj: obj }));
    },
  };
}
