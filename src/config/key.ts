// SPDX-License-Identifier: Apache-2.0

/** JSON-like value of a configuration key. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

export type KeyType = 'string' | 'int' | 'bool' | 'list' | 'map' | 'any';

/** One configuration key, declared by the room that reads it. Generates defaults, validation, the sample and docs. */
export interface ConfigKey {
  /** Dotted, lower case. A segment `*` stands for a user-chosen name (`storage.*.driver`). */
  readonly key: string;
  readonly type: KeyType;
  /** Absent: the key has no default. */
  readonly default?: ConfigValue;
  /** `s`, `ms`, `bytes`, … of an int. */
  readonly unit?: string;
  /** One sentence for the sample file and the documentation. */
  readonly doc: string;
  /** Old names that still work, with a warning. */
  readonly deprecated?: readonly string[];
  /** Why a value is refused, or undefined when it is fine. Runs on the typed value. */
  readonly check?: (value: ConfigValue) => string | undefined;
}

/** Declares the keys of a room; the identity function that gives them their type. */
export function declareKeys(keys: readonly ConfigKey[]): readonly ConfigKey[] {
  return keys;
}

/** What the other rooms read: typed getters over merged sources. Keys are case-insensitive. */
export interface Config {
  getString(key: string): string;
  getInt(key: string): number;
  getBool(key: string): boolean;
  getList(key: string): readonly string[];
  getMap(key: string): { readonly [key: string]: ConfigValue };
  /** The raw merged value, undefined when neither set nor defaulted. */
  get(key: string): ConfigValue | undefined;
  /** True when a file, variable or option gave the key; a default does not count. */
  isSet(key: string): boolean;
}
