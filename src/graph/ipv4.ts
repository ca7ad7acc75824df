// SPDX-License-Identifier: Apache-2.0

const address = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/;

export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

function parse(text: string): { bits: number; prefix: number | undefined } | undefined {
  const match = address.exec(text);
  if (match === null) return undefined;
  let bits = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = match[i]!;
    if ((octet.length > 1 && octet.startsWith('0')) || Number(octet) > 255) return undefined;
    bits = bits * 256 + Number(octet);
  }
  const prefix = match[5] === undefined ? undefined : Number(match[5]);
  return prefix !== undefined && prefix > 32 ? undefined : { bits, prefix };
}

/** The addresses of a CIDR (`10.0.0.0/8`; the host part is ignored), undefined when it is not one. */
export function parseIpv4Cidr(text: string): Ipv4Range | undefined {
  const parsed = parse(text);
  if (parsed?.prefix === undefined) return undefined;
  const size = 2 ** (32 - parsed.prefix);
  const first = parsed.bits - (parsed.bits % size);
  return { first, last: first + size - 1 };
}

/** True for a textual address, with or without `/NN`, within the range. */
export function inIpv4Range(range: Ipv4Range, text: string): boolean {
  const parsed = parse(text);
  return parsed !== undefined && parsed.bits >= range.first && parsed.bits <= range.last;
}
