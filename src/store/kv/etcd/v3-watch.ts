// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import { messageOf, SkydiveError } from '../../../errors.js';
import type { KvListener, KvWatch } from '../store.js';
import { decodeText, encodeText, type V3KeyValue } from './v3-gateway.js';
import type { V3Session } from './v3-session.js';

const retryMs = 1000;
const maxLineBytes = 16 * 1024 * 1024;

interface V3Event {
  /** Absent: PUT. */
  readonly type?: 'PUT' | 'DELETE';
  readonly kv: V3KeyValue;
}

interface V3WatchLine {
  readonly result?: {
    readonly header: { readonly revision: string };
    readonly canceled?: boolean;
    readonly cancel_reason?: string;
    readonly compact_revision?: string;
    readonly events?: readonly V3Event[];
  };
  readonly error?: { readonly message?: string };
}

/** One watch over the gateway's stream of JSON lines; a stream that breaks is made anew after what was seen. */
export class V3Watch implements KvWatch {
  readonly #session: V3Session;
  readonly #key: string;
  readonly #listener: KvListener;
  readonly #ended: () => void;
  #next: number;
  #stopped = false;
  #response: IncomingMessage | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(session: V3Session, key: string, next: number, listener: KvListener, ended: () => void) {
    this.#session = session;
    this.#key = key.length > 1 && key.endsWith('/') ? key.slice(0, -1) : key;
    this.#next = next;
    this.#listener = listener;
    this.#ended = ended;
  }

  start(): void {
    this.#stream().catch((error: unknown) => {
      if (this.#stopped) return;
      if (error instanceof LostError) {
        this.stop();
        this.#listener.lost(error);
        return;
      }
      this.#session.servers.turn();
      this.#retry = setTimeout(() => this.start(), retryMs);
    });
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#response?.destroy();
    this.#ended();
  }

  async #stream(): Promise<void> {
    // The key itself and what is below it; what sorts between the two is left out when it comes.
    const range_end = encodeText(this.#key === '/' ? '0' : `${this.#key}0`);
    const create_request = { key: encodeText(this.#key), range_end, start_revision: String(this.#next) };
    const body = JSON.stringify({ create_request });
    const { servers, prefix } = this.#session;
    const authorization = await this.#session.authorization();
    const asked = { method: 'POST', path: `${prefix}/watch`, type: 'application/json' } as const;
    const response = await servers.open({ ...asked, body, authorization }, servers.current, 0);
    this.#response = response;
    if (this.#stopped) {
      response.destroy();
      return;
    }
    response.socket.setKeepAlive(true, 10_000);
    response.setEncoding('utf8');
    let rest = '';
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineBytes) throw new LostError(`an event is larger than ${maxLineBytes} bytes`);
      for (const line of lines) if (line !== '') await this.#renewOr(line);
      if (this.#stopped) return;
    }
    throw new SkydiveError('SKY_E_STORE', 'etcd ended the watch');
  }

  /** A line that asks for a login ends the stream too; the next one begins with a new token. */
  async #renewOr(line: string): Promise<void> {
    const { result, error } = JSON.parse(line) as V3WatchLine;
    const complaint = result === undefined ? messageOf(error?.message ?? line) : (result.cancel_reason ?? '');
    if (await this.#session.renewFor(complaint)) throw new SkydiveError('SKY_E_STORE', complaint);
    if (result === undefined) throw new SkydiveError('SKY_E_STORE', complaint);
    this.#take(result);
  }

  #take(result: NonNullable<V3WatchLine['result']>): void {
    if (result.canceled === true) {
      const compacted =
        result.compact_revision === undefined ? '' : ` (compacted to ${result.compact_revision})`;
      throw new LostError(`etcd ended the watch: ${result.cancel_reason ?? 'no reason given'}${compacted}`);
    }
    const below = this.#key === '/' ? '/' : `${this.#key}/`;
    for (const { type, kv } of result.events ?? []) {
      const key = decodeText(kv.key);
      const index = Number(kv.mod_revision);
      this.#next = index + 1;
      if (this.#stopped || (key !== this.#key && !key.startsWith(below))) continue;
      if (type === 'DELETE') {
        this.#listener.event({ kind: 'delete', index, key });
        continue;
      }
      const value = decodeText(kv.value);
      const entry = { key, value, createdIndex: Number(kv.create_revision), modifiedIndex: index };
      this.#listener.event({ kind: 'put', index, key, entry });
    }
  }
}

class LostError extends SkydiveError {
  constructor(message: string) {
    super('SKY_E_STORE', message);
  }
}
