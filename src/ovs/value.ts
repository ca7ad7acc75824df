// SPDX-License-Identifier: Apache-2.0

/** A row as the database tells it: column → value in the JSON notation of RFC 7047 §5.1. */
export type Row = Readonly<Record<string, unknown>>;

/** `["uuid", id]`: a reference to a row. */
export type Reference = readonly ['uuid' | 'named-uuid', string];

/** The elements of a set; an atom alone stands for the set of it. */
function elements(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [value];
  return value[0] === 'set' && Array.isArray(value[1]) ? value[1] : [value];
}

/** The texts of a column, which may be optional or a set. */
export function textsOf(value: unknown): string[] {
  return elements(value).filter((element) => typeof element === 'string');
}

/** The text of a column, empty when there is none. */
export function textOf(value: unknown): string {
  return textsOf(value)[0] ?? '';
}

export function numbersOf(value: unknown): number[] {
  return elements(value).filter((element) => typeof element === 'number');
}

/** The rows that a column refers to. */
export function referencesOf(value: unknown): string[] {
  const found: string[] = [];
  for (const element of elements(value)) {
    if (Array.isArray(element) && element[0] === 'uuid' && typeof element[1] === 'string')
      found.push(element[1]);
  }
  return found;
}

/** A map column; values that are no texts are left out. */
export function textMapOf(value: unknown): Map<string, string> {
  return new Map(pairs(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

/** A map column; values that are no numbers are left out. */
export function numberMapOf(value: unknown): Map<string, number> {
  return new Map(pairs(value).filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
}

function pairs(value: unknown): [string, unknown][] {
  if (!Array.isArray(value) || value[0] !== 'map' || !Array.isArray(value[1])) return [];
  return (value[1] as readonly unknown[]).filter(
    (pair): pair is [string, unknown] => Array.isArray(pair) && typeof pair[0] === 'string',
  );
}

/** A set in the notation of the database. */
export function setOf(values: readonly unknown[]): readonly ['set', readonly unknown[]] {
  return ['set', values];
}

/** A map in the notation of the database. */
export function mapOf(values: Readonly<Record<string, string>>): readonly ['map', readonly unknown[]] {
  return ['map', Object.entries(values)];
}

export function referenceTo(uuid: string): Reference {
  return ['uuid', uuid];
}
