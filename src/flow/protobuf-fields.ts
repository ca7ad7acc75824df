// SPDX-License-Identifier: Apache-2.0

// Fields of protobuf messages as bytes, proto3: zero and empty ones are left out, which gives no bytes at all.

const nothing = Buffer.alloc(0);
const varintType = 0;
const delimitedType = 2;

/** An integer field, of any sign. */
export function integerField(field: number, value: number): Buffer {
  return value === 0 ? nothing : Buffer.from([...varint(field * 8 + varintType), ...varint(value)]);
}

export function textField(field: number, text: string): Buffer {
  return text === '' ? nothing : messageField(field, [Buffer.from(text)]);
}

/** A message or an element of a list, there even when it is empty. `parts` are the bytes within. */
export function messageField(field: number, parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([messageHead(field, size), ...parts]);
}

/** What stands before the bytes of a message. */
export function messageHead(field: number, size: number): Buffer {
  return Buffer.from([...varint(field * 8 + delimitedType), ...varint(size)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    return [...bytes, Number(rest)];
  }
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
