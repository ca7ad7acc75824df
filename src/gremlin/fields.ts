// SPDX-License-Identifier: Apache-2.0

import type { Element, MetadataValue } from '../graph/element.js';
import { field } from '../graph/field.js';
import { recordOf } from './typed.js';

/**
 * A field as Values, ValueMap and Dedup see it: what reads as an integer is one, else the raw value; undefined when
 * it is not there. A live element has no `@DeletedAt` (the original gave the overflowed zero time).
 */
export function retrieve(element: Element, key: string): MetadataValue | undefined {
  if (key === '@DeletedAt') return element.DeletedAt ?? undefined;
  const value = field(element, key);
  if (value !== undefined) return value;
  const record = recordOf(key);
  return record !== undefined && field(element, record) !== undefined ? 0 : undefined;
}
