// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from './endpoint.js';
import { MessageReader } from './message-reader.js';

/** What a server may be told to do with a request; what is returned is the answer, undefined for none. */
export type Answer = (request: {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}) => object | undefined;

/** A server for tests: one socket, and answers as the test says. */
export class FakeServer {
  readonly endpoint: Endpoint;
  readonly requests: string[] = [];
  answer: Answer;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ovsdb-'));
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.answer = answer;
    this.endpoint = { path: join(this.#folder, 'db.sock') };
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(answer: Answer): Promise<FakeServer> {
    const server = new FakeServer(answer);
    await server.listen();
    return server;
  }

  async listen(): Promise<void> {
    this.#server.listen((this.endpoint as { path: string }).path);
    await once(this.#server, 'listening');
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** To everyone who is connected. */
  send(message: object | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const socket of this.#sockets) socket.write(text);
  }

  /** Ends the connections, not the listener. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async stopListening(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.hangUp();
    await closed;
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.stopListening();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const reader = new MessageReader(1 << 20);
    socket.on('data', (chunk) => {
      for (const bytes of reader.push(chunk)) {
        const request = JSON.parse(bytes.toString()) as Parameters<Answer>[0];
        this.requests.push(request.method ?? 'reply');
        const answer = this.answer(request);
        if (answer !== undefined) socket.write(JSON.stringify(answer));
      }
    });
  }
}
