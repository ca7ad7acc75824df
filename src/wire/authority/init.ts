// SPDX-License-Identifier: Apache-2.0

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SkydiveError } from '../../errors.js';
import { type Issued, issue } from './certificate.js';

export interface AuthorityRequest {
  readonly folder: string;
  /** One pair each: a host name or address, or several of one host separated by commas. */
  readonly agents: readonly string[];
  readonly analyzers: readonly string[];
  readonly days: number;
  /** Replace pairs that are there. The authority itself is never replaced. */
  readonly force: boolean;
}

const authorityName = 'Skydive CA';
const authorityDays = 3650;

/**
 * Writes `ca.crt` and `ca.key` into a folder (those that are there are used again), and for each host a pair
 * `analyzer-<host>.crt`, `.key` or `agent-<host>.crt`, `.key`. Returns the paths that were written. Throws
 * SKY_E_CONFLICT rather than overwrite a pair.
 */
export function initAuthority(request: AuthorityRequest): string[] {
  const { folder, days, force } = request;
  const pairs = Object.entries({ analyzer: request.analyzers, agent: request.agents }).flatMap(
    ([role, hosts]) =>
      hosts.map((host) => {
        const names = host.split(',').map((name) => name.trim());
        checkNames(names);
        return { names, path: join(folder, `${role}-${names[0]}`) };
      }),
  );
  for (const { path } of pairs) {
    if (!force && (existsSync(`${path}.crt`) || existsSync(`${path}.key`))) {
      throw new SkydiveError('SKY_E_CONFLICT', `${path}.crt or .key is there already: --force replaces it`);
    }
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const issuer = authority(folder, written);
  for (const { names, path } of pairs)
    store(path, issue({ commonName: names[0]!, names, days, issuer }), written);
  return written;
}

function authority(folder: string, written: string[]): Issued {
  const path = join(folder, 'ca');
  if (!existsSync(`${path}.crt`) && !existsSync(`${path}.key`)) {
    const made = issue({ commonName: authorityName, names: [], days: authorityDays });
    store(path, made, written);
    return made;
  }
  const certificate = readFileSync(`${path}.crt`, 'utf8');
  const key = createPrivateKey(readFileSync(`${path}.key`));
  const parsed = new X509Certificate(certificate);
  if (!parsed.checkPrivateKey(key) || !parsed.subject.includes(`CN=${authorityName}`)) {
    throw new SkydiveError('SKY_E_CONFLICT', `${path}.crt and ${path}.key are no authority made by tls init`);
  }
  return { commonName: authorityName, certificate, key };
}

function store(path: string, { certificate, key }: Issued, written: string[]): void {
  // The key first and closed: a certificate without its key is of no use, a readable key of too much.
  writeFileSync(`${path}.key`, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  chmodSync(`${path}.key`, 0o600);
  writeFileSync(`${path}.crt`, certificate, { mode: 0o644 });
  written.push(`${path}.crt`, `${path}.key`);
}

function checkNames(names: readonly string[]): void {
  for (const name of names) {
    if (/^[A-Za-z0-9_*]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$|^::[0-9a-fA-F:.]*$/.test(name)) continue;
    throw new SkydiveError('SKY_E_BAD_REQUEST', `"${name}" is neither a host name nor an address`);
  }
}
