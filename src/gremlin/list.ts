// SPDX-License-Identifier: Apache-2.0

/** The items of a value that is a list; clients see an empty list as null. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A list as clients see it. */
export function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}
