// SPDX-License-Identifier: Apache-2.0
// Pairs made by openssl as the documentation says: each its own authority.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why these tests cannot run here; where they have to, that fails them. */
export const opensslMissing =
  spawnSync('openssl', ['version']).error === undefined ? undefined : 'needs openssl';
if (opensslMissing !== undefined && process.env['CI'] === 'true') throw new Error(opensslMissing);

const opensslConfig = `[req]
distinguished_name = req_distinguished_name
req_extensions = v3_req
[req_distinguished_name]
countryName = Country Name (2 letter code)
countryName_default = FR
[v3_req]
basicConstraints = CA:TRUE
keyUsage = digitalSignature, keyEncipherment, keyCertSign
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = @alt_names
[alt_names]
DNS.1 = NAME
IP.1 = ADDRESS
`;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** As the documentation has it, `address` being the host's: genrsa, req -new, x509 -req -signkey … -extensions v3_req. */
export function selfSigned(folder: string, name: string, address: string, ...more: string[]): Pair {
  const conf = join(folder, `${name}-openssl.cnf`);
  writeFileSync(conf, opensslConfig.replace('NAME', `${name}.example`).replace('ADDRESS', address));
  const [key, csr, cert] = ['key', 'csr', 'crt'].map((end) => join(folder, `${name}.${end}`)) as [
    string,
    string,
    string,
  ];
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('genrsa', '-out', key, '2048');
  openssl('req', '-new', '-key', key, '-out', csr, '-subj', `/CN=skydive-${name}`, '-config', conf);
  const days = more.length > 0 ? more : ['-days', '2'];
  openssl(
    'x509',
    '-req',
    ...days,
    '-in',
    csr,
    '-signkey',
    key,
    '-out',
    cert,
    '-extensions',
    'v3_req',
    '-extfile',
    conf,
  );
  return { cert, key };
}

export function together(folder: string, ...certs: readonly string[]): string {
  const path = join(folder, 'ca.crt');
  writeFileSync(path, certs.map((cert) => readFileSync(cert, 'utf8')).join(''));
  return path;
}

/** The same, valid from a day of the next century on: `x509` cannot say from when, `ca` can. */
export function notYetValid(folder: string, name: string, address: string): Pair {
  const pair = selfSigned(folder, name, address);
  const [database, conf] = [join(folder, `${name}-ca`), join(folder, `${name}-ca.cnf`)];
  mkdirSync(database);
  for (const [file, text] of [
    ['index.txt', ''],
    ['serial', '01\n'],
  ])
    writeFileSync(join(database, file!), text!);
  const sections = `[ca]\ndefault_ca = own\n[own]\ndatabase = ${database}/index.txt\nserial = ${database}/serial
new_certs_dir = ${database}\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n`;
  writeFileSync(conf, sections + readFileSync(join(folder, `${name}-openssl.cnf`), 'utf8'));
  const dates = ['-startdate', '21010101000000Z', '-enddate', '21020101000000Z'];
  const files = ['-in', join(folder, `${name}.csr`), '-keyfile', pair.key, '-out', pair.cert];
  const how = ['-batch', '-notext', '-selfsign', '-extensions', 'v3_req', '-config', conf];
  execFileSync('openssl', ['ca', ...how, ...dates, ...files], { stdio: 'ignore' });
  return pair;
}
