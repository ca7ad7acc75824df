// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from './element.js';

/**
 * A condition on one element. Keys are field names: `@ID`, `@CreatedAt`… or a dotted metadata path (a leading
 * `Metadata.` is dropped); on edges `Parent` and `Child` are fields too.
 */
export type Filter =
  | { readonly kind: 'true' }
  /** Equality; on an array of a node: any element. */
  | { readonly kind: 'term'; readonly key: string; readonly value: string | number | boolean }
  | {
      readonly kind: 'compare';
      readonly key: string;
      readonly op: 'gt' | 'gte' | 'lt' | 'lte';
      readonly value: number;
    }
  /** Unanchored search, RE2 syntax. */
  | { readonly kind: 'regex'; readonly key: string; readonly pattern: string }
  /** The key is absent. */
  | { readonly kind: 'null'; readonly key: string }
  /** A textual IPv4 address, with or without `/NN`, that lies within the CIDR. */
  | { readonly kind: 'ipv4range'; readonly key: string; readonly cidr: string }
  /**
   * A predicate of the caller on the raw value (`undefined` when absent). It must be pure: it runs once per distinct
   * value of a column. `terms`, where given, are the only values that can pass: an index may be asked for them.
   */
  | {
      readonly kind: 'test';
      readonly key: string;
      readonly test: (value: MetadataValue | undefined) => boolean;
      readonly terms?: readonly (string | number | boolean | null)[];
    }
  | { readonly kind: 'and'; readonly filters: readonly Filter[] }
  /** An empty list is true, as in the original. */
  | { readonly kind: 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter };
