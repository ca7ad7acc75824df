// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from './element.js';

const int64Limit = 2 ** 63;
const integerLiteral =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](_?[01]+(?:_[01]+)*)|0[oO]?(_?[0-7]+(?:_[0-7]+)*)|(0|[1-9]\d*(?:_\d+)*))$/;

/**
 * The value read as an integer, undefined where it cannot be: floats are truncated, strings parsed as integer
 * literals (`0x`, `0b`, `0o`, leading `0`; a trailing `.000` is dropped), booleans are 1 and 0, null is 0.
 */
export function toInteger(value: MetadataValue | undefined): number | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? Math.trunc(value) + 0 : undefined;
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return parseInteger(value);
    default:
      return value === null ? 0 : undefined;
  }
}

function parseInteger(text: string): number | undefined {
  // Most strings are no numbers: leave early on the first character.
  const first = text.charCodeAt(0);
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45)) return undefined;
  const match = integerLiteral.exec(text.replace(/\.0+$/, ''));
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const magnitude =
    hex !== undefined
      ? digits(hex, 16)
      : binary !== undefined
        ? digits(binary, 2)
        : octal !== undefined
          ? digits(octal, 8)
          : digits(decimal ?? '', 10);
  if (magnitude > int64Limit || (magnitude === int64Limit && sign !== '-')) return undefined;
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

function digits(text: string, base: number): number {
  return Number.parseInt(text.replaceAll('_', ''), base);
}
