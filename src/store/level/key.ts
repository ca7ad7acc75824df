// SPDX-License-Identifier: Apache-2.0

/** 64 digits in byte order, so that encoded numbers sort as numbers. */
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/** A number as `width` characters that sort like it. */
export function sortable(value: number, width: number): string {
  let text = '';
  let rest = value;
  for (let place = 0; place < width; place++) {
    text = digits[rest & 63] + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}

/** Prefix of the rows of a lifetime: `r` and its number. */
export function lifetimePrefix(ordinal: number): string {
  return `r${sortable(ordinal, 5)}`;
}

export const prefixLength = 6;

/** Key of the row `step` of a lifetime. Row 0 is a full one. */
export function rowKey(prefix: string, step: number): string {
  return prefix + sortable(step, 4);
}

/** The lifetime of a prefix, or of a key that begins with it. */
export function ordinalOf(key: string): number {
  let ordinal = 0;
  for (let place = 1; place <= 5; place++) ordinal = ordinal * 64 + digits.indexOf(key[place]!);
  return ordinal;
}

export const rows = { gte: 'r', lt: 's' } as const;
/** Lifetimes of the checkpoint (`b`), then what happened to lifetimes since (`s`). */
export const checkpointKey = (sequence: number): string => `b${sortable(sequence, 5)}`;
export const structureKey = (sequence: number): string => `s${sortable(sequence, 5)}`;
/** One hot key of the lifetimes that a chunk begins. */
export const hotValueKey = (column: number, chunk: string): string => `h${column}${chunk}`;
export const checkpointRange = { gte: 'b', lt: 'c' } as const;
export const structureRange = { gte: 's', lt: 't' } as const;
export const pathKey = (id: number): string => `p${sortable(id, 3)}`;
export const pathRange = { gte: 'p', lt: 'q' } as const;
/** What the window is, and when it was last written. */
export const metaKey = 'm';
export const clockKey = 't';
