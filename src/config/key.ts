// SPDX-License-Identifier: Apache-2.0

/** JSON-like value of a configuration key. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/**
 * `duration` and `size` are written as a plain number (of the key's unit) or with a unit (`90s`, `7d`; `64KiB`,
 * `10GiB`) and read by `getInt`, in seconds and bytes. `any` keeps the type it was written in.
 */
export type KeyType = 'string' | 'int' | 'bool' | 'list' | 'map' | 'duration' | 'size' | 'any';

/** One configuration key, declared by the room that reads it. Generates defaults, validation, the sample and docs. */
export interface ConfigKey {
  /** Dotted, lower case. A segment `*` stands for a user-chosen name (`storage.*.driver`). */
  readonly key: string;
  readonly type: KeyType;
  /** Absent: the key has no default. */
  readonly default?: ConfigValue;
  /** How the sample and the documentation write a default that differs from host to host ("the host name"). */
  readonly defaultText?: string;
  /** `s`, `ms`, `bytes`, … of an int. */
  readonly unit?: string;
  /** One sentence for the sample file and the documentation. */
  readonly doc: string;
  /** What the sample file shows instead of the default; only for keys whose default does not explain the form. */
  readonly sample?: ConfigValue;
  /** Old names that still work, with a warning. */
  readonly deprecated?: readonly string[];
  /** A password or the like: `/api/config`, logs and messages never show its value. */
  readonly secret?: boolean;
  /** Names a file with the value of a secret key; made for each of them (`secret-file.ts`), not declared. */
  readonly holdsSecret?: boolean;
  /** Accepted so that files of the original load without a warning, but read by nothing. */
  readonly unused?: boolean;
  /** The value (each entry, of a list) is a service address as `parseAddress` takes it. */
  readonly format?: 'address';
  /** The value names a sibling section whose values are the defaults of this one (`storage.*.driver`). */
  readonly inherits?: boolean;
  /** Why a value of another type is refused; without it such a value is the type's zero, with a warning. */
  readonly wrongType?: string;
  /** Why a value is refused, or undefined when it is fine. Runs on the typed value. */
  readonly check?: (value: ConfigValue) => string | undefined;
}

/** Declares the keys of a room; the identity function that gives them their type. */
export function declareKeys(keys: readonly ConfigKey[]): readonly ConfigKey[] {
  return keys;
}

/** A `check` of many numbers. */
export function positive(value: ConfigValue): string | undefined {
  return Number(value) > 0 ? undefined : 'it must be greater than 0';
}

/** A `check` of numbers where 0 has a meaning of its own. */
export function notNegative(value: ConfigValue): string | undefined {
  return Number(value) >= 0 ? undefined : 'it must not be negative';
}

/** What the other rooms read: typed getters over merged sources. Keys are case-insensitive. */
export interface Config {
  getString(key: string): string;
  /** Of a `duration` the seconds, of a `size` the bytes. */
  getInt(key: string): number;
  getBool(key: string): boolean;
  getList(key: string): readonly string[];
  getMap(key: string): { readonly [key: string]: ConfigValue };
  /** The raw merged value, undefined when neither set nor defaulted. */
  get(key: string): ConfigValue | undefined;
  /** As `get`, with every secret in it masked: what may be shown to others. */
  shown(key: string): ConfigValue | undefined;
  /** True when a file, variable or option gave the key; a default does not count. */
  isSet(key: string): boolean;
}
