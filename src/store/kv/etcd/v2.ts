// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import { messageOf, SkydiveError } from '../../../errors.js';
import { entriesBelow, entryOf, kvEvents } from '../embedded/kv.js';
import type { EtcdEvent, EtcdNode } from '../embedded/node.js';
import type { KvEntry, KvListener, KvListing, KvStore, KvWatch, KvWriteOptions } from '../store.js';
import { type EtcdAnswer, type EtcdServers, indexOf } from './servers.js';

const retryMs = 1000;
/** A poll without an event is begun anew after this time, from where the server stands then. */
const pollMs = 60_000;
const maxEventBytes = 8 * 1024 * 1024;

const notFound = 100;
const compareFailed = 101;
const notDirectory = 104;
const exists = 105;
const cleared = 401;

interface Fault {
  readonly errorCode: number;
  readonly message: string;
  readonly cause: string;
  readonly index: number;
}

/** The keys API v2 of an etcd (etcd documentation v2.3): the one that the original's analyzers use. */
export function etcdV2(servers: EtcdServers): KvStore {
  return new EtcdV2(servers);
}

class EtcdV2 implements KvStore {
  readonly #servers: EtcdServers;
  readonly #watches = new Set<Poll>();

  constructor(servers: EtcdServers) {
    this.#servers = servers;
  }

  async get(key: string): Promise<KvEntry | undefined> {
    const answer = await this.#ask('GET', key, { quorum: 'true' });
    if (isFault(answer, notFound, notDirectory)) return undefined;
    const { node } = eventOf(answer);
    return node.dir === true ? undefined : entryOf(node);
  }

  async list(folder: string): Promise<KvListing> {
    const answer = await this.#ask('GET', folder, { recursive: 'true', sorted: 'true', quorum: 'true' });
    if (isFault(answer, notFound)) return { index: answer.index, entries: [] };
    return { index: answer.index, entries: entriesBelow(eventOf(answer).node) };
  }

  async set(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry> {
    return entryOf(eventOf(await this.#put(key, value, options, {})).node);
  }

  async create(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    const answer = await this.#put(key, value, options, { prevExist: 'false' });
    return isFault(answer, exists) ? undefined : entryOf(eventOf(answer).node);
  }

  async update(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    const answer = await this.#put(key, value, options, { prevExist: 'true' });
    return isFault(answer, notFound) ? undefined : entryOf(eventOf(answer).node);
  }

  async compareAndSet(
    key: string,
    expected: string,
    value: string,
    options?: KvWriteOptions,
  ): Promise<KvEntry | undefined> {
    const condition = await this.#condition(key, expected);
    if (condition === undefined) return undefined;
    const answer = await this.#put(key, value, options, condition);
    return isFault(answer, notFound, compareFailed) ? undefined : entryOf(eventOf(answer).node);
  }

  async delete(key: string): Promise<boolean> {
    const answer = await this.#ask('DELETE', key, {});
    if (isFault(answer, notFound)) return false;
    eventOf(answer);
    return true;
  }

  async compareAndDelete(key: string, expected: string): Promise<boolean> {
    const condition = await this.#condition(key, expected);
    if (condition === undefined) return false;
    const answer = await this.#ask('DELETE', key, condition);
    if (isFault(answer, notFound, compareFailed)) return false;
    eventOf(answer);
    return true;
  }

  watch(key: string, afterIndex: number, listener: KvListener): KvWatch {
    const poll = new Poll(this.#servers, key, afterIndex + 1, listener, () => this.#watches.delete(poll));
    this.#watches.add(poll);
    poll.start();
    return poll;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    this.#servers.close();
  }

  /** The API refuses to compare with an empty value; the index of such an entry it takes. */
  async #condition(key: string, expected: string): Promise<Record<string, string> | undefined> {
    if (expected !== '') return { prevValue: expected };
    const entry = await this.get(key);
    return entry?.value === '' ? { prevIndex: String(entry.modifiedIndex) } : undefined;
  }

  #put(key: string, value: string, options: KvWriteOptions | undefined, condition: Record<string, string>) {
    const form = new URLSearchParams();
    if (options?.ttlS !== undefined) form.set('ttl', String(options.ttlS));
    form.set('value', value);
    return this.#ask('PUT', key, condition, form.toString());
  }

  #ask(method: 'GET' | 'PUT' | 'DELETE', key: string, query: Record<string, string>, body?: string) {
    const path = pathOf(key, query);
    return this.#servers.ask({ method, path, ...(body !== undefined && { body }) });
  }
}

/** One watch: long polls, one after the other, until it is stopped or changes are lost. */
class Poll implements KvWatch {
  readonly #servers: EtcdServers;
  readonly #key: string;
  readonly #listener: KvListener;
  readonly #ended: () => void;
  #next: number;
  #stopped = false;
  #response: IncomingMessage | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(servers: EtcdServers, key: string, next: number, listener: KvListener, ended: () => void) {
    this.#servers = servers;
    this.#key = key;
    this.#next = next;
    this.#listener = listener;
    this.#ended = ended;
  }

  start(): void {
    this.#poll().then(
      () => this.#again(0),
      (error: unknown) => {
        if (error instanceof LostError) this.#lose(error);
        else {
          this.#servers.turn();
          this.#again(retryMs);
        }
      },
    );
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#response?.destroy();
    this.#ended();
  }

  #again(delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs === 0) this.start();
    else this.#retry = setTimeout(() => this.start(), delayMs);
  }

  #lose(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#listener.lost(error);
  }

  async #poll(): Promise<void> {
    const query = { recursive: 'true', wait: 'true', waitIndex: String(this.#next) };
    const response = await this.#servers.open(
      { method: 'GET', path: pathOf(this.#key, query) },
      this.#servers.current,
      pollMs,
    );
    const beganAt = performance.now();
    this.#response = response;
    if (this.#stopped) {
      response.destroy();
      return;
    }
    let text = '';
    try {
      response.setEncoding('utf8');
      for await (const chunk of response as AsyncIterable<string>) {
        text += chunk;
        if (text.length > maxEventBytes)
          throw new LostError(`an event is larger than ${maxEventBytes} bytes`);
      }
    } catch (error) {
      if (error instanceof LostError || text !== '') throw error;
      // What the server had seen when the poll began need not be looked at again.
      this.#next = Math.max(this.#next, indexOf(response) + 1);
      if (performance.now() - beganAt < pollMs) throw error;
      return;
    }
    if (text === '') {
      // The server ended the poll without an event: it stops, or limits the time of requests.
      throw new SkydiveError('SKY_E_STORE', 'etcd ended the watch');
    }
    this.#take({ status: response.statusCode ?? 0, index: indexOf(response), text });
  }

  #take(answer: EtcdAnswer): void {
    if (isFault(answer, cleared)) throw new LostError(messageOf(faultError(answer)));
    if (answer.index > 0 && answer.index + 1 < this.#next) {
      throw new LostError(`etcd went back from index ${this.#next - 1} to ${answer.index}`);
    }
    const event = eventOf(answer);
    const index = event.node.modifiedIndex ?? answer.index;
    this.#next = index + 1;
    for (const each of kvEvents(event, index)) if (!this.#stopped) this.#listener.event(each);
  }
}

class LostError extends SkydiveError {
  constructor(message: string) {
    super('SKY_E_STORE', message);
  }
}

function pathOf(key: string, query: Record<string, string>): string {
  const path = key.split('/').map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return `/v2/keys${path}${search === '' ? '' : `?${search}`}`;
}

function isFault(answer: EtcdAnswer, ...codes: readonly number[]): boolean {
  return answer.status >= 400 && codes.includes(faultOf(answer)?.errorCode ?? 0);
}

function faultOf({ text }: EtcdAnswer): Partial<Fault> | undefined {
  try {
    return JSON.parse(text) as Partial<Fault>;
  } catch {
    return undefined;
  }
}

function faultError(answer: EtcdAnswer): SkydiveError {
  const fault = faultOf(answer);
  const why = fault?.message ?? answer.text.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
  const about = fault?.cause === undefined ? '' : ` (${fault.cause})`;
  const hint = answer.status === 404 && fault === undefined ? '; is API v2 on (--enable-v2)?' : '';
  return new SkydiveError('SKY_E_STORE', `etcd answered ${answer.status}: ${why}${about}${hint}`);
}

function eventOf(answer: EtcdAnswer): EtcdEvent & { readonly node: EtcdNode } {
  if (answer.status >= 400) throw faultError(answer);
  try {
    const event = JSON.parse(answer.text) as Partial<EtcdEvent>;
    if (typeof event.node === 'object' && event.node !== null) return event as EtcdEvent;
  } catch {
    // Said below.
  }
  throw new SkydiveError(
    'SKY_E_STORE',
    `etcd answered ${answer.status} without an event; is it an etcd with API v2?`,
  );
}
