// SPDX-License-Identifier: Apache-2.0

/** The array with room for `index`: doubled when it is too short, its new part filled with `fill`. */
export function growInt32(
  array: Int32Array<ArrayBuffer>,
  index: number,
  fill: number,
): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const grown = new Int32Array(Math.max(64, index + 1, array.length * 2));
  grown.set(array);
  if (fill !== 0) grown.fill(fill, array.length);
  return grown;
}

/** As `growInt32`, for bytes; the new part is 0. */
export function growUint8(array: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  if (index < array.length) return array;
  const grown = new Uint8Array(Math.max(64, index + 1, array.length * 2));
  grown.set(array);
  return grown;
}
