// SPDX-License-Identifier: Apache-2.0

import { connect, type Socket } from 'node:net';
import { messageOf, SkydiveError } from '../errors.js';
import { type Endpoint, formatEndpoint } from './endpoint.js';
import {
  type RowReader,
  type RpcMessage,
  readMessage,
  readTableUpdates,
  readUpdate,
  valueAt,
} from './message.js';
import { MessageReader } from './message-reader.js';
import type { Operation, OperationResult } from './operation.js';
import { Slice } from './slice.js';

export interface ConnectionLimits {
  /** Of one message. */
  readonly messageBytes: number;
  /** Requests that wait for their answer. */
  readonly requests: number;
  /** What waits to be sent. */
  readonly unsentBytes: number;
  /** For a connection, and for an answer. */
  readonly answerMs: number;
  /** A connection that is silent for that long is asked for an echo; after as long again it is given up. */
  readonly silenceMs: number;
}

const defaultLimits: ConnectionLimits = {
  messageBytes: 128 << 20,
  requests: 1000,
  unsentBytes: 16 << 20,
  answerMs: 30_000,
  silenceMs: 15_000,
};

interface Pending {
  readonly method: string;
  readonly rows: RowReader | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection to a database server that speaks OVSDB (RFC 7047). */
export class OvsdbConnection {
  /** Resolves with the reason once the connection has ended. */
  readonly closed: Promise<string>;
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #pending = new Map<number, Pending>();
  readonly #slice = new Slice();
  readonly #alive: NodeJS.Timeout;
  #updates: RowReader | undefined;
  #lastId = 0;
  #received = true;
  #reason: string | undefined;

  private constructor(socket: Socket, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#alive = setInterval(() => this.#checkAlive(), limits.silenceMs);
    this.#alive.unref();
    socket.on('error', (error) => {
      this.#reason ??= error.message;
    });
    this.closed = this.#read();
  }

  /** Rejects with SKY_E_PROBE when nobody answers there. */
  static open(endpoint: Endpoint, limits: Partial<ConnectionLimits> = {}): Promise<OvsdbConnection> {
    const all = { ...defaultLimits, ...limits };
    return new Promise((resolve, reject) => {
      const socket = connect({ ...endpoint, keepAlive: true });
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), all.answerMs);
      timer.unref();
      const onError = (error: Error) => {
        clearTimeout(timer);
        const text = `cannot connect to ${formatEndpoint(endpoint)}: ${error.message}`;
        reject(new SkydiveError('SKY_E_PROBE', text, { cause: error }));
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', onError);
        resolve(new OvsdbConnection(socket, all));
      });
    });
  }

  /** Calls a method; rejects with SKY_E_PROBE when it is refused, unanswered or the connection ends. */
  call(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#call(method, params, undefined);
  }

  /** Runs the operations as one transaction; rejects with what went wrong, then nothing was changed. */
  async transact(database: string, operations: readonly Operation[]): Promise<OperationResult[]> {
    const results = await this.call('transact', [database, ...operations]);
    if (!Array.isArray(results)) throw failed('transact', 'the answer is no list');
    const bad = (results as readonly unknown[]).find(hasError);
    if (bad !== undefined) {
      const { error, details } = bad as { error: unknown; details?: unknown };
      throw failed('transact', `${String(error)}${details === undefined ? '' : ` (${String(details)})`}`);
    }
    return (results as readonly (OperationResult | null)[]).map((result) => result ?? {});
  }

  /**
   * Tells every row that there is, then resolves; afterwards every change. `columns` by table, which is also the order
   * in which the tables of one message are told. One monitor a connection.
   */
  async monitor(
    database: string,
    columns: Readonly<Record<string, readonly string[]>>,
    onRow: RowReader['onRow'],
  ): Promise<void> {
    const requests = Object.fromEntries(
      Object.entries(columns).map(([table, names]) => [table, { columns: names }]),
    );
    this.#updates = { tables: Object.keys(columns), onRow };
    await this.#call('monitor', [database, 'skydive', requests], this.#updates);
  }

  close(reason = 'closed'): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #call(method: string, params: readonly unknown[], rows: RowReader | undefined): Promise<unknown> {
    if (this.#reason !== undefined)
      return Promise.reject(failed(method, `the connection ended: ${this.#reason}`));
    const { requests, answerMs } = this.#limits;
    if (this.#pending.size >= requests) {
      return Promise.reject(failed(method, `${requests} requests wait for an answer already`));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.close(`no answer to ${method} within ${answerMs} ms`), answerMs);
      timer.unref();
      this.#pending.set(id, { method, rows, resolve, reject, timer });
      this.#send({ method, params, id });
    });
  }

  #send(message: object): void {
    this.#socket.write(JSON.stringify(message));
    const { unsentBytes } = this.#limits;
    if (this.#socket.writableLength > unsentBytes) this.close('the database does not read what is sent');
  }

  /** Takes messages one after the other; while one is worked on the socket waits. */
  async #read(): Promise<string> {
    const reader = new MessageReader(this.#limits.messageBytes);
    try {
      for await (const chunk of this.#socket) {
        this.#received = true;
        this.#slice.start();
        for (const bytes of reader.push(chunk as Buffer)) await this.#take(bytes);
      }
    } catch (error) {
      this.#reason ??= messageOf(error);
    }
    const reason = this.#reason ?? 'the database closed the connection';
    this.#reason = reason;
    this.#socket.destroy();
    clearInterval(this.#alive);
    for (const { method, reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(failed(method, reason));
    }
    this.#pending.clear();
    return reason;
  }

  async #take(bytes: Buffer): Promise<void> {
    const slice = this.#slice;
    const message = await readMessage(bytes, slice);
    if (message.method === 'update') {
      if (this.#updates !== undefined) await readUpdate(message, slice, this.#updates);
    } else if (message.method === 'echo') {
      this.#send({ id: message.id, result: valueAt(bytes, message.paramsAt), error: null });
    } else if (message.method === undefined) {
      await this.#answered(message);
    }
  }

  async #answered(message: RpcMessage): Promise<void> {
    const pending = typeof message.id === 'number' ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    const { method, rows, resolve, reject, timer } = pending;
    this.#pending.delete(message.id as number);
    clearTimeout(timer);
    if (message.error !== undefined) {
      reject(failed(method, JSON.stringify(message.error)));
      return;
    }
    try {
      if (rows === undefined) {
        resolve(valueAt(message.bytes, message.resultAt));
      } else {
        await readTableUpdates(message.bytes, message.resultAt, this.#slice, rows);
        resolve(undefined);
      }
    } catch (error) {
      reject(error as Error);
      throw error;
    }
  }

  #checkAlive(): void {
    if (this.#received) {
      this.#received = false;
    } else if ([...this.#pending.values()].some(({ method }) => method === 'echo')) {
      this.close(`the database is silent for ${2 * this.#limits.silenceMs} ms`);
    } else {
      this.call('echo', []).catch(() => undefined);
    }
  }
}

function hasError(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'error' in result && result.error !== null;
}

function failed(method: string, why: string): SkydiveError {
  return new SkydiveError('SKY_E_PROBE', `${method} at the database of Open vSwitch failed: ${why}`);
}
