// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';
import type { KvEntry, KvListener, KvListing, KvStore, KvWatch, KvWriteOptions } from '../store.js';
import type { EtcdServers } from './servers.js';
import { decodeText, encodeText, type V3KeyValue, type V3Range } from './v3-gateway.js';
import { V3Session } from './v3-session.js';
import { V3Watch } from './v3-watch.js';

type Compare = Readonly<Record<string, string>>;

interface Txn {
  readonly header: { readonly revision: string };
  readonly succeeded?: boolean;
  readonly responses?: readonly { readonly response_range?: V3Range }[];
}

/** The API v3 of an etcd over its JSON gateway (etcd documentation v3.4, "gRPC gateway"). Indexes are revisions. */
export function etcdV3(servers: EtcdServers, prefix = '/v3'): KvStore {
  return new EtcdV3(new V3Session(servers, prefix));
}

class EtcdV3 implements KvStore {
  readonly #session: V3Session;
  readonly #watches = new Set<KvWatch>();

  constructor(session: V3Session) {
    this.#session = session;
  }

  async get(key: string): Promise<KvEntry | undefined> {
    const { kvs } = await this.#ask<V3Range>('/kv/range', { key: encodeText(key) });
    const [found] = kvs ?? [];
    return found === undefined ? undefined : this.#entry(found, await this.#ttl(found.lease));
  }

  async list(folder: string): Promise<KvListing> {
    const from = folder.endsWith('/') ? folder : `${folder}/`;
    const answer = await this.#ask<V3Range>('/kv/range', {
      key: encodeText(from),
      range_end: encodeText(`${from.slice(0, -1)}0`),
    });
    const ttls = new Map<string, number | undefined>();
    for (const { lease = '0' } of answer.kvs ?? []) {
      if (!ttls.has(lease)) ttls.set(lease, await this.#ttl(lease));
    }
    const entries = (answer.kvs ?? []).map((each) => this.#entry(each, ttls.get(each.lease ?? '0')));
    return { index: Number(answer.header.revision), entries };
  }

  async set(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry> {
    const entry = await this.#put(key, value, options, []);
    return entry!;
  }

  create(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    return this.#put(key, value, options, [{ target: 'VERSION', result: 'EQUAL', version: '0' }]);
  }

  update(key: string, value: string, options?: KvWriteOptions): Promise<KvEntry | undefined> {
    return this.#put(key, value, options, [{ target: 'VERSION', result: 'GREATER', version: '0' }]);
  }

  compareAndSet(
    key: string,
    expected: string,
    value: string,
    options?: KvWriteOptions,
  ): Promise<KvEntry | undefined> {
    return this.#put(key, value, options, holds(expected));
  }

  async delete(key: string): Promise<boolean> {
    const answer = await this.#ask<{ deleted?: string }>('/kv/deleterange', { key: encodeText(key) });
    return Number(answer.deleted ?? 0) > 0;
  }

  async compareAndDelete(key: string, expected: string): Promise<boolean> {
    const request_delete_range = { key: encodeText(key) };
    const answer = await this.#txn(key, holds(expected), [{ request_delete_range }]);
    return answer.succeeded === true;
  }

  watch(key: string, afterIndex: number, listener: KvListener): KvWatch {
    const watch = new V3Watch(this.#session, key, afterIndex + 1, listener, () =>
      this.#watches.delete(watch),
    );
    this.#watches.add(watch);
    watch.start();
    return watch;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    this.#session.servers.close();
  }

  async #put(
    key: string,
    value: string,
    options: KvWriteOptions | undefined,
    compare: readonly Compare[],
  ): Promise<KvEntry | undefined> {
    const lease = options?.ttlS === undefined ? undefined : await this.#grant(options.ttlS);
    const request_put = {
      key: encodeText(key),
      value: encodeText(value),
      ...(lease !== undefined && { lease }),
    };
    const request_range = { key: encodeText(key) };
    const answer = await this.#txn(key, compare, [{ request_put }, { request_range }]);
    if (answer.succeeded !== true) {
      if (lease !== undefined) await this.#ask('/lease/revoke', { ID: lease });
      return undefined;
    }
    const written = answer.responses?.[1]?.response_range?.kvs?.[0];
    if (written === undefined)
      throw new SkydiveError('SKY_E_STORE', `etcd did not tell what it wrote to ${key}`);
    return this.#entry(written, options?.ttlS);
  }

  #txn(key: string, compare: readonly Compare[], success: readonly object[]): Promise<Txn> {
    const named = compare.map((each) => ({ key: encodeText(key), ...each }));
    return this.#ask<Txn>('/kv/txn', { compare: named, success });
  }

  async #grant(ttlS: number): Promise<string> {
    const { ID } = await this.#ask<{ ID?: string }>('/lease/grant', { TTL: String(ttlS) });
    if (ID === undefined) throw new SkydiveError('SKY_E_STORE', 'etcd granted no lease');
    return ID;
  }

  async #ttl(lease = '0'): Promise<number | undefined> {
    if (lease === '0') return undefined;
    const { TTL } = await this.#ask<{ TTL?: string }>('/lease/timetolive', { ID: lease });
    return Math.max(0, Number(TTL ?? 0));
  }

  #entry(kv: V3KeyValue, ttlS: number | undefined): KvEntry {
    return {
      key: decodeText(kv.key),
      value: decodeText(kv.value),
      createdIndex: Number(kv.create_revision),
      modifiedIndex: Number(kv.mod_revision),
      ...(ttlS !== undefined && { ttlS }),
    };
  }

  #ask<T>(path: string, body: object): Promise<T> {
    return this.#session.ask<T>(path, body);
  }
}

/** The key is there with this value; an absent key has an empty value for the comparison. */
function holds(expected: string): Compare[] {
  return [
    { target: 'VALUE', result: 'EQUAL', value: encodeText(expected) },
    { target: 'VERSION', result: 'GREATER', version: '0' },
  ];
}
