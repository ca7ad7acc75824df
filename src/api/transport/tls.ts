// SPDX-License-Identifier: Apache-2.0

import type { ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { RotatingCertificates } from '../../wire/rotation.js';
import { certificateFault, noCertificate } from '../../wire/tls-failure.js';
import type { TlsParts } from '../parts.js';

/** TLS 1.2 and newer, with the curves and suites that the original offers. */
export function tlsOptions(tls: TlsParts): ServerOptions {
  return {
    cert: tls.cert,
    key: tls.key,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    minVersion: 'TLSv1.2',
    ecdhCurve: 'P-521:P-384:P-256',
    ciphers: [
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_AES_128_GCM_SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-RSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES128-GCM-SHA256',
    ].join(':'),
    requestCert: tls.ca !== undefined || tls.requireClientCert === true,
    // `admitTls` decides: node would drop the client without a word of who it was and why.
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
  };
}

/** What a listener is given of certificates that may be replaced while it runs. */
export function tlsPartsOf(certificates: RotatingCertificates, requireClientCert: boolean): TlsParts {
  return { ...certificates.current, requireClientCert, rotations: (take) => certificates.on(take) };
}

/**
 * A client may come without a certificate where none is required, but not with one that nobody vouches for. `refused`
 * is told who was cut off, and why.
 */
export function admitTls(socket: TLSSocket, required: boolean, refused: (why: string) => void): void {
  if (socket.authorized) return;
  const certificate = socket.getPeerCertificate();
  const given = Object.keys(certificate).length > 0;
  if (!given && !required) return;
  // Node's types say Error; it is OpenSSL's verdict as a text.
  const verdict = String(socket.authorizationError);
  const from = socket.remoteAddress ?? 'the client';
  refused(given ? certificateFault(verdict, from, certificate) : noCertificate);
  socket.destroy();
}
