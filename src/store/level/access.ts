// SPDX-License-Identifier: Apache-2.0

import type { ElementKind } from '../../graph/element.js';
import { metadataPath } from '../../graph/field.js';
import type { Filter } from '../../graph/filter.js';
import { type LeafFilter, seesEnds } from '../../graph/match.js';
import { hotKeys } from './lifetimes.js';

/** A key that is known without reading an element. */
export const isHot = (key: string): boolean => (hotKeys as readonly string[]).includes(metadataPath(key));

/** 0: no element has to be read. */
export function cost(kind: ElementKind, filter: Filter): number {
  switch (filter.kind) {
    case 'true':
      return 0;
    case 'and':
    case 'or':
      return Math.max(0, ...filter.filters.map((inner) => cost(kind, inner)));
    case 'not':
      return cost(kind, filter.filter);
    default:
      if (filter.key === '@ID' || isHot(filter.key)) return 0;
      return kind === 'edge' && seesEnds(filter) && (filter.key === 'Parent' || filter.key === 'Child')
        ? 0
        : 1;
  }
}

/** The leaf that a conjunction begins with. */
export function cheapest(kind: ElementKind, filter: Filter): LeafFilter | undefined {
  switch (filter.kind) {
    case 'true':
    case 'or':
    case 'not':
      return undefined;
    case 'and': {
      const leaves = filter.filters
        .map((inner) => cheapest(kind, inner))
        .filter((leaf) => leaf !== undefined);
      return leaves.sort((one, other) => cost(kind, one) - cost(kind, other))[0];
    }
    default:
      return filter;
  }
}
