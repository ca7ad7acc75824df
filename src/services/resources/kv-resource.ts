// SPDX-License-Identifier: Apache-2.0

import { randomUUID } from 'node:crypto';
import { messageOf, SkydiveError } from '../../errors.js';
import { encodeJson } from '../../json/encode.js';
import type { Logger } from '../../log/logger.js';
import { Follower } from '../../store/kv/follow.js';
import type { KvEntry, KvStore } from '../../store/kv/store.js';

/** What a kind of resource in the key-value store is; `T` is one as decoded, its members in the order they are shown. */
export interface KvResourceKind<T extends { readonly UUID: string }> {
  /** Path word, object of the policy, and folder in the store: `capture`. */
  readonly name: string;
  /** As messages name it: `Capture`. */
  readonly title: string;
  /** Members of wrong types are refused, unknown ones ignored. */
  decode(value: unknown): T;
  /** Throws `<Field>: <reason>`. */
  validate(resource: T): void;
  /** What a new one gets beside what was sent. */
  complete?(resource: T): T;
  /** Whether a new one may be, beside those that there are. Throws SKY_E_BAD_REQUEST or SKY_E_CONFLICT. */
  admit?(resource: T, present: readonly T[]): void | Promise<void>;
  /** With what is computed when it is read. */
  shown?(resource: T): T | Promise<T>;
  /** Patches are taken. */
  readonly updatable: boolean;
}

export interface KvResourceHandler<T> {
  /** It is there, is new, or has changed. */
  put(resource: T): void;
  /** It was deleted, or its time is over. */
  gone(resource: T): void;
}

/** Resources that all analyzers share, in the key-value store under the original's keys: `/<name>/<UUID>`. */
export class KvResource<T extends { readonly UUID: string }> {
  readonly name: string;
  readonly title: string;
  readonly #kind: KvResourceKind<T>;
  readonly #kv: KvStore;
  readonly #logger: Logger;
  /** Creations go one after the other: each is compared with those before it. */
  #creating: Promise<unknown> = Promise.resolve();

  constructor(kind: KvResourceKind<T>, kv: KvStore, logger: Logger) {
    this.name = kind.name;
    this.title = kind.title;
    this.#kind = kind;
    this.#kv = kv;
    this.#logger = logger;
  }

  async list(): Promise<(readonly [string, T])[]> {
    const listed: (readonly [string, T])[] = [];
    for (const resource of await this.#stored()) listed.push([resource.UUID, await this.#shown(resource)]);
    return listed;
  }

  async get(id: string): Promise<T | undefined> {
    const found = await this.stored(id);
    return found === undefined ? undefined : this.#shown(found);
  }

  /** As `get`, without what is computed. */
  async stored(id: string): Promise<T | undefined> {
    const key = this.#key(id);
    const entry = key === undefined ? undefined : await this.#kv.get(key);
    return entry === undefined ? undefined : this.#decoded(entry);
  }

  decode(value: unknown): T {
    return this.#kind.decode(value);
  }

  validate(resource: T): void {
    this.#kind.validate(resource);
  }

  /** Stores it under a UUID of its own. `ttlMs` is cut to whole seconds, at least one. */
  create(given: T, { ttlMs }: { readonly ttlMs?: number } = {}): Promise<T> {
    const created = this.#creating.then(async () => {
      const resource: T = { ...(this.#kind.complete?.(given) ?? given), UUID: randomUUID() };
      if (this.#kind.admit !== undefined) await this.#kind.admit(resource, await this.#stored());
      const options = ttlMs === undefined ? {} : { ttlS: Math.max(1, Math.trunc(ttlMs / 1000)) };
      await this.#kv.set(`/${this.name}/${resource.UUID}`, encodeJson(resource), options);
      return resource;
    });
    this.#creating = created.catch(() => {});
    return created;
  }

  async update(id: string, patched: T): Promise<T> {
    if (!this.#kind.updatable) throw new SkydiveError('SKY_E_BAD_REQUEST', 'resource not updatable');
    const key = this.#key(id);
    const resource: T = { ...patched, UUID: withoutSlash(id) };
    if (key === undefined || (await this.#kv.update(key, encodeJson(resource))) === undefined) {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `${this.name} ${id} was deleted meanwhile`);
    }
    return resource;
  }

  async delete(id: string): Promise<boolean> {
    const key = this.#key(id);
    return key !== undefined && this.#kv.delete(key);
  }

  /** Tells of those that there are, then of each change, whoever makes it. Resolves once the first were told. */
  async watch(handler: KvResourceHandler<T>): Promise<() => void> {
    const known = new Map<string, T>();
    const follower = new Follower(
      this.#kv,
      `/${this.name}`,
      {
        put: (entry) => {
          const resource = this.#decoded(entry);
          if (resource === undefined) return;
          known.set(entry.key, resource);
          handler.put(resource);
        },
        gone: (key) => {
          const resource = known.get(key);
          if (!known.delete(key)) return;
          handler.gone(resource!);
        },
      },
      this.#logger,
    );
    await follower.start();
    return () => follower.stop();
  }

  async #stored(): Promise<T[]> {
    const { entries } = await this.#kv.list(`/${this.name}`);
    return entries.map((entry) => this.#decoded(entry)).filter((resource) => resource !== undefined);
  }

  #shown(resource: T): T | Promise<T> {
    return this.#kind.shown?.(resource) ?? resource;
  }

  #decoded(entry: KvEntry): T | undefined {
    try {
      const resource = this.#kind.decode(JSON.parse(entry.value));
      return { ...resource, UUID: entry.key.slice(entry.key.lastIndexOf('/') + 1) };
    } catch (error) {
      this.#logger.warn(`${entry.key} of the key-value store is skipped: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Undefined for what is no id: it must not lead to another folder of the store. */
  #key(id: string): string | undefined {
    const plain = withoutSlash(id);
    return plain === '' || plain === '.' || plain === '..' || plain.includes('/')
      ? undefined
      : `/${this.name}/${plain}`;
  }
}

/** The original takes an id with a slash at its end for the id. */
function withoutSlash(id: string): string {
  return id.replace(/\/$/, '');
}
