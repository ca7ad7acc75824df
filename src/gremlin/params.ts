// SPDX-License-Identifier: Apache-2.0

import { GremlinError } from './error.js';
import { type Call, type Param, show } from './syntax.js';

// Checks of parameters that no run could accept, made while parsing (P-ARG).

export function refuse(call: Call, wanted: string): never {
  const given = call.params.length === 0 ? 'nothing' : call.params.map(show).join(', ');
  throw new GremlinError('P-ARG', `${call.name} at position ${call.position} takes ${wanted}, not ${given}`);
}

function isString(param: Param): boolean {
  return param.kind === 'string';
}

/** No parameter at all. */
export function nothing(call: Call): void {
  if (call.params.length > 0) refuse(call, 'no parameter');
}

export function oneString(call: Call): void {
  if (call.params.length !== 1 || !isString(call.params[0]!)) refuse(call, 'one string');
}

export function atMostOneString(call: Call): void {
  if (call.params.length > 1 || !call.params.every(isString)) refuse(call, 'one string or nothing');
}

export function strings(call: Call): void {
  if (!call.params.every(isString)) refuse(call, 'strings');
}

export function someStrings(call: Call): void {
  if (call.params.length === 0 || !call.params.every(isString)) refuse(call, 'one or more strings');
}

/** The n-th parameter, which was checked to be a string. */
export function stringAt(call: Call, index = 0): string {
  return String((call.params[index] as { value?: unknown } | undefined)?.value ?? '');
}
