// SPDX-License-Identifier: Apache-2.0

/**
 * A length with room for `index`, up to twice the old one. Arrays that are filled together get different lengths, so
 * that they do not all have to be copied by the same insertion.
 */
function roomFor(index: number, length: number): number {
  return Math.max(64, index + 1, Math.floor(length * (1.6 + Math.random() * 0.4)));
}

/** The array with room for `index`, its new part filled with `fill`. */
export function growInt32(
  array: Int32Array<ArrayBuffer>,
  index: number,
  fill: number,
): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const grown = new Int32Array(roomFor(index, array.length));
  grown.set(array);
  if (fill !== 0) grown.fill(fill, array.length);
  return grown;
}

/** As `growInt32`, for bytes; the new part is 0. */
export function growUint8(array: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  if (index < array.length) return array;
  const grown = new Uint8Array(roomFor(index, array.length));
  grown.set(array);
  return grown;
}

/** As `growInt32`, for doubles; the new part is 0. */
export function growFloat64(array: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  if (index < array.length) return array;
  const grown = new Float64Array(roomFor(index, array.length));
  grown.set(array);
  return grown;
}
