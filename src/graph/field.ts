// SPDX-License-Identifier: Apache-2.0

import { toInteger } from './cast.js';
import type { Edge, Element, MetadataValue } from './element.js';
import { getPath } from './metadata.js';

/** What an unset time reads as: the original's overflowed zero time. */
export const unsetTime = -6795364578871;

const prefix = 'Metadata.';

/** The metadata path behind a field name that is not an `@` field. */
export function metadataPath(key: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

/**
 * The raw value of a field, undefined when absent: `@ID @Host @Origin @CreatedAt @UpdatedAt @DeletedAt @Revision`,
 * else a metadata path. `Parent` and `Child` of an edge are not seen here (see `edgeEnd`).
 */
export function rawField(element: Element, key: string): MetadataValue | undefined {
  if (key.charCodeAt(0) === 64) {
    switch (key) {
      case '@ID':
        return element.ID;
      case '@Host':
        return element.Host;
      case '@Origin':
        return element.Origin;
      case '@CreatedAt':
        return element.CreatedAt;
      case '@UpdatedAt':
        return element.UpdatedAt;
      case '@DeletedAt':
        return element.DeletedAt ?? unsetTime;
      case '@Revision':
        return element.Revision;
    }
  }
  return getPath(element.Metadata, metadataPath(key));
}

/** `Parent` or `Child` where the key names an end of an edge. */
export function edgeEnd(element: Element, key: string): string | undefined {
  return key === 'Parent' || key === 'Child' ? (element as Edge)[key] : undefined;
}

const texts = new Set(['@ID', '@Host', '@Origin']);

/** Integer reading of a field: times and revision, or the metadata value cast. `@ID`, `@Host`, `@Origin` have none. */
export function integerField(element: Element, key: string): number | undefined {
  return texts.has(key) ? undefined : toInteger(rawField(element, key));
}

/** String reading of a field: only real strings; ends of an edge too. */
export function stringField(element: Element, key: string): string | undefined {
  const end = edgeEnd(element, key);
  if (end !== undefined) return end;
  const value = rawField(element, key);
  return typeof value === 'string' ? value : undefined;
}

/** Boolean reading of a field: only real booleans. */
export function booleanField(element: Element, key: string): boolean | undefined {
  const value = rawField(element, key);
  return typeof value === 'boolean' ? value : undefined;
}

/**
 * The generic getter: what reads as an integer is one (a float truncated, a boolean 1 or 0, a numeric string its
 * number), else the raw value.
 */
export function field(element: Element, key: string): MetadataValue | undefined {
  if (texts.has(key)) return rawField(element, key);
  const value = rawField(element, key);
  return toInteger(value) ?? value;
}

/** An array of strings, undefined when the field is anything else. */
export function stringListField(element: Element, key: string): readonly string[] | undefined {
  const value = rawField(element, key);
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
