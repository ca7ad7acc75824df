// SPDX-License-Identifier: Apache-2.0

import type { ConfigValue, KeyType } from './key.js';
import { isTree } from './tree.js';

/** A value in the type of its key; `fault` says what it should have been, the value is then the type's zero. */
export interface Typed {
  readonly value: ConfigValue;
  readonly fault?: string;
}

const secondsPer: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};
const bytesPer: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False', '']);

/** Converts as the configuration library of the original does: what does not convert becomes the zero value. */
export function toType(value: ConfigValue, type: KeyType): Typed {
  switch (type) {
    case 'string':
      return toText(value);
    case 'int':
      return toInt(value);
    case 'bool':
      return toBool(value);
    case 'list':
      return toList(value);
    case 'map':
      return toMap(value);
    case 'duration':
      return toAmount(value, secondsPer, 'a time such as 3600, 90s, 12h or 7d');
    case 'size':
      return toAmount(value, bytesPer, 'a size such as 1048576, 64MiB or 10GiB');
    case 'any':
      return { value };
  }
}

function toText(value: ConfigValue): Typed {
  if (typeof value === 'string') return { value };
  if (typeof value === 'number' || typeof value === 'boolean') return { value: String(value) };
  if (value === null) return { value: '' };
  return { value: '', fault: 'one text' };
}

function toInt(value: ConfigValue): Typed {
  if (typeof value === 'number' && Number.isFinite(value)) return { value: Math.trunc(value) };
  if (typeof value === 'boolean') return { value: value ? 1 : 0 };
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return { value: number === 0 ? 0 : number };
  }
  if (value === null) return { value: 0 };
  return { value: 0, fault: 'a whole number' };
}

function toBool(value: ConfigValue): Typed {
  if (typeof value === 'boolean') return { value };
  if (typeof value === 'number') return { value: value !== 0 };
  if (value === null) return { value: false };
  if (typeof value === 'string') {
    if (truths.has(value)) return { value: true };
    if (falsehoods.has(value)) return { value: false };
  }
  return { value: false, fault: 'true or false' };
}

function toList(value: ConfigValue): Typed {
  if (typeof value === 'string') return { value: value.split(/\s+/).filter((word) => word !== '') };
  if (typeof value === 'number' || typeof value === 'boolean') return { value: [String(value)] };
  if (value === null) return { value: [] };
  if (!Array.isArray(value)) return { value: [], fault: 'a list of texts' };
  const texts = value.map(toText);
  const bad = texts.find((text) => text.fault !== undefined);
  if (bad) return { value: [], fault: 'a list of texts' };
  return { value: texts.map((text) => text.value) };
}

function toMap(value: ConfigValue): Typed {
  if (isTree(value)) return { value };
  if (value === null) return { value: {} };
  if (typeof value === 'string') {
    const parsed = parseJsonMap(value);
    if (parsed) return { value: parsed };
  }
  return { value: {}, fault: 'a map' };
}

/** The map a JSON text holds, undefined when it holds something else. */
export function parseJsonMap(text: string): { readonly [key: string]: ConfigValue } | undefined {
  try {
    const parsed = JSON.parse(text) as ConfigValue;
    return isTree(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function toAmount(value: ConfigValue, units: Readonly<Record<string, number>>, fault: string): Typed {
  if (typeof value === 'number' && Number.isFinite(value)) return { value: Math.trunc(value) };
  if (typeof value === 'string') {
    const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(value) ?? [];
    const factor = unit === '' ? 1 : units[unit?.toLowerCase() ?? '-'];
    if (digits !== undefined && factor !== undefined) return { value: Math.trunc(Number(digits) * factor) };
  }
  if (value === null) return { value: 0 };
  return { value: 0, fault };
}
