// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../../graph/filter.js';
import { inIpv4Range, parseIpv4Cidr } from '../../graph/ipv4.js';
import { addon } from '../../native/addon.js';
import type { Flow } from '../flow-source.js';
import { flowValue, integerField, textField } from './fields.js';

/** A filter as a function on flows: texts meet text fields, numbers integer fields, booleans nothing. */
export function compileFlowFilter(filter: Filter): (flow: Flow) => boolean {
  switch (filter.kind) {
    case 'true':
      return () => true;
    case 'and': {
      const all = filter.filters.map(compileFlowFilter);
      return (flow) => all.every((matches) => matches(flow));
    }
    case 'or': {
      const some = filter.filters.map(compileFlowFilter);
      return (flow) => some.length === 0 || some.some((matches) => matches(flow));
    }
    case 'not': {
      const matches = compileFlowFilter(filter.filter);
      return (flow) => !matches(flow);
    }
    case 'null':
      return (flow) => (flowValue(flow, filter.key) ?? undefined) === undefined;
    case 'term': {
      const { key, value } = filter;
      if (typeof value === 'string') return (flow) => textField(flow, key) === value;
      return typeof value === 'number' ? (flow) => integerField(flow, key) === value : () => false;
    }
    case 'compare':
      return compare(filter.key, filter.op, filter.value);
    case 'regex': {
      const regexp = new (addon().Regexp)(filter.pattern);
      return onText(filter.key, (text) => regexp.test(text));
    }
    case 'ipv4range': {
      const range = parseIpv4Cidr(filter.cidr);
      return onText(filter.key, (text) => range !== undefined && inIpv4Range(range, text));
    }
    case 'test':
      return (flow) => filter.test(textField(flow, filter.key) ?? integerField(flow, filter.key));
  }
}

function onText(key: string, test: (text: string) => boolean): (flow: Flow) => boolean {
  return (flow) => {
    const text = textField(flow, key);
    return text !== undefined && test(text);
  };
}

function compare(key: string, op: 'gt' | 'gte' | 'lt' | 'lte', wanted: number): (flow: Flow) => boolean {
  return (flow) => {
    const value = integerField(flow, key);
    if (value === undefined) return false;
    switch (op) {
      case 'gt':
        return value > wanted;
      case 'gte':
        return value >= wanted;
      case 'lt':
        return value < wanted;
      case 'lte':
        return value <= wanted;
    }
  };
}
