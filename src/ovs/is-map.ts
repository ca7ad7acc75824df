// SPDX-License-Identifier: Apache-2.0

/** Whether a decoded JSON value is an object. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
