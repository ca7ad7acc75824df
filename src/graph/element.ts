// SPDX-License-Identifier: Apache-2.0

/** A metadata value as JSON gives it. Integers beyond 2^53 lose precision, as in every JSON client. */
export type MetadataValue = string | number | boolean | null | readonly MetadataValue[] | MetadataMap;

/** Nested metadata, addressed with dotted paths (`a.b.c`). */
export interface MetadataMap {
  readonly [key: string]: MetadataValue;
}

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number;

/**
 * What a node and an edge have in common. Elements are values: a change makes a new object, so whoever holds one
 * holds a revision for good. The members are spelled and ordered as on the wire.
 */
export interface Element {
  /** Non-empty; nodes and edges are separate key spaces. */
  readonly ID: string;
  readonly Metadata: MetadataMap;
  /** Host id of the owner, may be empty. */
  readonly Host: string;
  /** `<service type>.<host id>` of the creator. */
  readonly Origin: string;
  readonly CreatedAt: Millis;
  /** Creation of this revision. */
  readonly UpdatedAt: Millis;
  readonly DeletedAt: Millis | null;
  /** 1 at creation, one more per change. */
  readonly Revision: number;
}

export interface Node extends Element {}

/** A directed edge; most look-ups ignore the direction. */
export interface Edge extends Element {
  readonly Parent: string;
  readonly Child: string;
}

export type ElementKind = 'node' | 'edge';
