// SPDX-License-Identifier: Apache-2.0

import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  bits,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  time,
  trueValue,
  utf8,
} from './der.js';

const ids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

export interface Issued {
  readonly commonName: string;
  readonly certificate: string;
  readonly key: KeyObject;
}

export interface Request {
  readonly commonName: string;
  /** DNS names and addresses; none for an authority. */
  readonly names: readonly string[];
  readonly days: number;
  /** Absent: an authority, which signs itself. */
  readonly issuer?: Issued;
  readonly now?: Date;
}

const dayMs = 86_400_000;

/** An X.509 v3 certificate (RFC 5280) with a new P-256 key: an authority, or a pair for servers and clients alike. */
export function issue({ commonName, names, days, issuer, now = new Date() }: Request): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(commonName);
  const algorithm = sequence(objectId(ids.ecdsaWithSha256));
  const authority = issuer === undefined;
  const issuerKey = authority ? publicKey : createPublicKey(issuer.key);
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    authority ? subject : nameOf(issuer.commonName),
    // Clocks of hosts differ a little.
    sequence(time(new Date(now.getTime() - 3_600_000)), time(new Date(now.getTime() + days * dayMs))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(authority, names, publicKey, issuerKey))),
  );
  const signer = authority ? privateKey : issuer.key;
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  return { commonName, key: privateKey, certificate: pem(certificate) };
}

function extensions(
  authority: boolean,
  names: readonly string[],
  own: KeyObject,
  issuer: KeyObject,
): Buffer[] {
  const list = [
    // An authority signs certificates and nothing further down: path length 0.
    extension(
      ids.basicConstraints,
      authority ? sequence(trueValue, integer(Buffer.from([0]))) : sequence(),
      true,
    ),
    // keyCertSign and cRLSign, or digitalSignature.
    extension(ids.keyUsage, authority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7), true),
    extension(ids.subjectKey, octets(keyId(own))),
    extension(ids.authorityKey, sequence(implicit(0, keyId(issuer)))),
  ];
  if (authority) return list;
  return [
    ...list,
    extension(ids.extendedKeyUsage, sequence(objectId(ids.serverAuth), objectId(ids.clientAuth))),
    extension(ids.alternativeNames, sequence(...names.map(alternativeName))),
  ];
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [trueValue] : []), octets(value));
}

function nameOf(commonName: string): Buffer {
  const part = (id: string, text: string) => set(sequence(objectId(id), utf8(text)));
  return sequence(part(ids.organization, 'Skydive'), part(ids.commonName, commonName));
}

function alternativeName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return implicit(2, Buffer.from(name));
  return implicit(7, version === 4 ? Buffer.from(name.split('.').map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) =>
    text
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [(a << 8) | b, (c << 8) | d];
      });
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : new Array<number>(8 - before.length - after.length).fill(0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >>> 8, group & 255]));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
