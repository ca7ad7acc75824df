// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';

/** Members of a JSON object, not yet looked at. */
export type Members = Readonly<Record<string, unknown>>;

export function refuse(name: string, wanted: string): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', `${name} has to be ${wanted}`);
}

/** Throws SKY_E_BAD_REQUEST unless it is an object. */
export function members(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw refuse('a packet injection', 'a JSON object');
}

/** "" when absent. */
export function text(given: Members, name: string): string {
  const value = given[name] ?? '';
  if (typeof value !== 'string') throw refuse(name, 'a string');
  return value;
}

/** 0 when absent. */
export function integer(given: Members, name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = given[name] ?? 0;
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw refuse(name, `an integer from ${least} to ${most}`);
  }
  return value as number;
}
