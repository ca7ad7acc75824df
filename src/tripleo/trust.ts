// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { messageOf, SkydiveError } from '../errors.js';

/** Where distributions keep the authorities that this host trusts: node knows only its own. */
const systemBundles = [
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/ssl/ca-bundle.pem',
];

/**
 * Certificates (PEM) that a server has to be vouched for by: those of `--cacert` alone, else the host's.
 *
 * Throws SKY_E_CONFIG when the file cannot be read.
 */
export function trustedAuthorities(cacert: string | undefined): readonly string[] {
  if (cacert) {
    try {
      return [readFileSync(cacert, 'utf8')];
    } catch (error) {
      const what = `cannot read the CA file ${cacert} (--cacert, OS_CACERT): ${messageOf(error)}`;
      throw new SkydiveError('SKY_E_CONFIG', what, { cause: error });
    }
  }
  for (const bundle of systemBundles) {
    try {
      return [...rootCertificates, readFileSync(bundle, 'utf8')];
    } catch {
      // Another distribution's place.
    }
  }
  return rootCertificates;
}
