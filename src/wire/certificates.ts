// SPDX-License-Identifier: Apache-2.0

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/key.js';
import { messageOf, SkydiveError } from '../errors.js';

/** PEM texts of one side of a TLS connection. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

export type Side = 'server' | 'client';

/** What the listener presents: `tls.server_*`; undefined when TLS is off. Throws SKY_E_CONFIG naming key and file. */
export function serverCertificates(config: Config): Certificates | undefined {
  return certificatesOf(config, 'server');
}

/** What outgoing connections present: `tls.client_*`; undefined when they go without TLS. */
export function clientCertificates(config: Config): Certificates | undefined {
  return certificatesOf(config, 'client');
}

/** The files of a side, read and held against each other. Throws SKY_E_CONFIG that says which file is wrong, and how. */
export function certificatesOf(config: Config, side: Side): Certificates | undefined {
  const [certName, keyName] = [`tls.${side}_cert`, `tls.${side}_key`];
  const [certPath, keyPath, caPath] = [
    config.getString(certName),
    config.getString(keyName),
    config.getString('tls.ca_cert'),
  ];
  if (certPath === '' && keyPath === '') return undefined;
  if (certPath === '' || keyPath === '') {
    const missing = certPath === '' ? certName : keyName;
    throw new SkydiveError('SKY_E_CONFIG', `${missing} is not set: certificate and key go together`);
  }
  const cert = read(certName, certPath);
  const key = read(keyName, keyPath);
  checkPair({ name: certName, path: certPath, pem: cert }, { name: keyName, path: keyPath, pem: key });
  if (caPath === '') return { cert, key };
  const ca = read('tls.ca_cert', caPath);
  if (pemCertificates(ca).length === 0) {
    throw refused('tls.ca_cert', `Failed to parse root certificate ${caPath}: it holds no PEM certificate`);
  }
  for (const text of pemCertificates(ca)) {
    attempt('tls.ca_cert', `Failed to parse root certificate ${caPath}`, () => new X509Certificate(text));
  }
  return { cert, key, ca };
}

/** Paths that a side is made of, for those who watch them. */
export function certificatePaths(config: Config, side: Side): string[] {
  return [`tls.${side}_cert`, `tls.${side}_key`, 'tls.ca_cert']
    .map((key) => config.getString(key))
    .filter((path) => path !== '');
}

/** Why the certificate would be refused by others now; undefined when it would not. */
export function outOfTime(pem: Buffer | string, now = Date.now()): string | undefined {
  const { validFrom, validTo } = new X509Certificate(pem);
  if (Date.parse(validFrom) > now) return `not valid before ${iso(validFrom)}`;
  if (Date.parse(validTo) < now) return `expired since ${iso(validTo)}`;
  return undefined;
}

function iso(openssl: string): string {
  return new Date(Date.parse(openssl)).toISOString().replace('.000Z', 'Z');
}

interface PemFile {
  readonly name: string;
  readonly path: string;
  readonly pem: Buffer;
}

function checkPair(cert: PemFile, key: PemFile): void {
  const unreadable = "Can't read X509 key pair set in config";
  const certificate = attempt(cert.name, `${unreadable}: ${cert.path}`, () => new X509Certificate(cert.pem));
  const secret = attempt(key.name, `${unreadable}: ${key.path}`, () => createPrivateKey(key.pem));
  if (!certificate.checkPrivateKey(secret)) {
    throw refused(
      key.name,
      `${unreadable}: the key ${key.path} does not belong to the certificate ${cert.path}`,
    );
  }
}

function pemCertificates(pem: Buffer): string[] {
  return pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function read(name: string, path: string): Buffer {
  return attempt(name, `cannot read ${path}`, () => readFileSync(path));
}

function attempt<T>(name: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw refused(name, `${what}: ${messageOf(error)}`, error);
  }
}

function refused(name: string, why: string, cause?: unknown): SkydiveError {
  return new SkydiveError('SKY_E_CONFIG', `${name}: ${why}`, { cause });
}
