// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import type { Config } from '../config/key.js';
import { messageOf, SkydiveError } from '../errors.js';

/** PEM texts of one side of a TLS connection. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** What the listener presents: `tls.server_*`; undefined when TLS is off. Throws SKY_E_CONFIG naming key and file. */
export function serverCertificates(config: Config): Certificates | undefined {
  return certificates(config, 'tls.server_cert', 'tls.server_key');
}

/** What outgoing connections present: `tls.client_*`; undefined when they go without TLS. */
export function clientCertificates(config: Config): Certificates | undefined {
  return certificates(config, 'tls.client_cert', 'tls.client_key');
}

function certificates(config: Config, certKey: string, keyKey: string): Certificates | undefined {
  const [cert, key] = [config.getString(certKey), config.getString(keyKey)];
  if (cert === '' && key === '') return undefined;
  if (cert === '' || key === '') {
    const missing = cert === '' ? certKey : keyKey;
    throw new SkydiveError('SKY_E_CONFIG', `${missing} is not set: certificate and key go together`);
  }
  const ca = config.getString('tls.ca_cert');
  return {
    cert: read(certKey, cert),
    key: read(keyKey, key),
    ...(ca !== '' && { ca: read('tls.ca_cert', ca) }),
  };
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SkydiveError('SKY_E_CONFIG', `${key}: cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
