// SPDX-License-Identifier: Apache-2.0

export interface CreateOptions {
  /** How long it lives, absent for ever (header X-Resource-TTL). */
  readonly ttlMs?: number;
}

/**
 * One kind of thing that clients list, show, create, modify and delete under `/api/<name>`. Values are JSON. `T` is
 * one that was decoded: its members have the right types.
 *
 * Errors thrown by `decode`, `validate` and the changes are answered as 400 with their message; SKY_E_CONFLICT as 409.
 */
export interface Resource<T extends object = object> {
  /** Path word and object of the policy: `capture`. */
  readonly name: string;
  /** As messages name it: `Capture`. */
  readonly title: string;
  list(): Iterable<readonly [string, T]> | Promise<Iterable<readonly [string, T]>>;
  get(id: string): T | undefined | Promise<T | undefined>;
  /** Members of wrong types are refused, unknown ones ignored. */
  decode(value: unknown): T;
  /** Throws `<Field>: <reason>`. */
  validate(resource: T): void;
  /** Checks what only concerns new ones, stores, and gives what is answered. */
  create(resource: T, options: CreateOptions): T | Promise<T>;
  /** Stores the patched version; undefined when nothing changed. */
  update(id: string, patched: T): T | undefined | Promise<T | undefined>;
  /** False when there is none. */
  delete(id: string): boolean | Promise<boolean>;
}
