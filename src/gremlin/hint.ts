// SPDX-License-Identifier: Apache-2.0

import type { Result } from './result.js';
import { type Call, type Param, show } from './syntax.js';

/** Nothing was found: an empty list, no node, or the number 0. */
export function isNothing(result: Result): boolean {
  if (result.kind === 'Graph') return result.nodes.length === 0;
  if ('byKey' in result) return result.byKey.size === 0;
  const value = result.toJSON();
  return value === null || value === 0 || (Array.isArray(value) && value.length === 0);
}

function loosen(param: Param): Param {
  if (param.kind !== 'predicate') return param;
  const [pattern] = param.params;
  if (param.name === 'Regex' && pattern?.kind === 'string')
    return { ...param, params: [{ ...pattern, value: `.*(?:${pattern.value}).*` }] };
  return { ...param, params: param.params.map(loosen) };
}

function regexesOf(param: Param): readonly Param[] {
  if (param.kind !== 'predicate') return [];
  return param.name === 'Regex' ? [param] : param.params.flatMap(regexesOf);
}

/** The query with each Regex free to match a part of the value; undefined when it has none. */
export function loosened(calls: readonly Call[]): readonly Call[] | undefined {
  if (!calls.some(({ params }) => params.flatMap(regexesOf).length > 0)) return undefined;
  return calls.map((call) => ({ ...call, params: call.params.map(loosen) }));
}

/** What to tell of a query that finds something only when its patterns may match a part of the value. */
export function hintFor(calls: readonly Call[]): string {
  const [regex] = calls.flatMap(({ params }) => params.flatMap(regexesOf));
  const pattern = regex?.kind === 'predicate' ? regex.params[0] : undefined;
  const text = pattern?.kind === 'string' ? pattern.value : '';
  const shown = regex === undefined ? 'Regex' : show(regex);
  return `${shown} has to match the whole value and finds nothing; Regex(".*${text}.*") would find something`;
}
