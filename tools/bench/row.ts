// SPDX-License-Identifier: Apache-2.0

/** One line of a bench table. */
export interface Row {
  readonly measure: string;
  /** With its unit. */
  readonly value: string;
  readonly goal?: string;
  /** User + system time spent, with its unit. */
  readonly cpu?: string;
}

/** The middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
