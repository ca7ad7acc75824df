// SPDX-License-Identifier: Apache-2.0

import { connect, type PeerCertificate } from 'node:tls';

/** OpenSSL's verdicts (RFC 5280 path validation) that a certificate of the other side explains. */
const verdicts = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const lookMs = 5000;

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** True when a connection failed for what the other side presented. */
export function isCertificateFailure(error: unknown): boolean {
  return verdicts.has(codeOf(error));
}

/** What is wrong with the certificate of a peer, in words that say what to do. */
export function certificateFault(code: string, host: string, certificate: Partial<PeerCertificate>): string {
  const of = `the certificate of ${certificate.subject?.CN ?? host}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `${of} has expired since ${certificate.valid_to ?? 'some time'}`;
    case 'CERT_NOT_YET_VALID':
      return `${of} is not valid before ${certificate.valid_from ?? 'some time'}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the name ${host} is not in ${of} (it has ${certificate.subjectaltname ?? 'no alternative names'})`;
    default:
      return `${of} has an unknown issuer (${certificate.issuer?.CN ?? 'no name'}): it has to be in tls.ca_cert`;
  }
}

/** Why a TLS connection to a URL failed: looks at what is presented there. Never rejects. */
export async function explainCertificate(url: string, error: unknown): Promise<string> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const certificate = await new Promise<Partial<PeerCertificate>>((resolve) => {
    // Nothing is sent: only the certificate is of interest, so it need not be trusted.
    const socket = connect({ host, port: Number(port) || 443, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.setTimeout(lookMs, () => socket.destroy());
    socket.on('error', () => resolve({}));
    socket.on('close', () => resolve({}));
  });
  return certificateFault(codeOf(error), host, certificate);
}

export const noCertificate = 'it presents no certificate, and tls.require_client_cert asks for one';

/** What a listener can say of a handshake that failed, or of a client that was not let in. */
export function handshakeFault(error: unknown): string {
  const code = codeOf(error);
  const known: Readonly<Record<string, string>> = {
    ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no TLS 1.2 or newer',
    ERR_SSL_NO_SHARED_CIPHER: 'it offers no cipher that is taken here',
    ERR_SSL_HTTP_REQUEST: 'it speaks plain HTTP',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks no TLS',
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'it says that our certificate has expired',
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the issuer of our certificate',
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not like our certificate',
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'it does not accept our certificate',
  };
  const text = error instanceof Error ? error.message : String(error);
  return known[code] ?? (code === '' ? text : `${text} (${code})`);
}
