// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';

const everything: Filter = { kind: 'true' };

/** Whether agents and stores can evaluate a filter: a predicate of the caller has no form on the wire. */
export function hasWireForm(filter: Filter): boolean {
  switch (filter.kind) {
    case 'test':
      return false;
    case 'not':
      return hasWireForm(filter.filter);
    case 'and':
    case 'or':
      return filter.filters.every(hasWireForm);
    default:
      return true;
  }
}

/** A filter with a wire form that everything passes which passes the given one. */
export function superset(filter: Filter): Filter {
  return bounded(filter, true);
}

/** Passes at least what the filter passes (`above`), or at most that. */
function bounded(filter: Filter, above: boolean): Filter {
  switch (filter.kind) {
    case 'test': {
      if (!above) return { kind: 'not', filter: everything };
      const { key, terms = [] } = filter;
      return terms.length === 0 ? everything : { kind: 'or', filters: terms.map((term) => oneOf(key, term)) };
    }
    case 'not':
      return { kind: 'not', filter: bounded(filter.filter, !above) };
    case 'and':
    case 'or':
      return { kind: filter.kind, filters: filter.filters.map((inner) => bounded(inner, above)) };
    default:
      return filter;
  }
}

function oneOf(key: string, value: string | number | boolean | null): Filter {
  return value === null ? { kind: 'null', key } : { kind: 'term', key, value };
}
