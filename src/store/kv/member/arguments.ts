// SPDX-License-Identifier: Apache-2.0

import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { SkydiveError } from '../../../errors.js';

export interface MemberOptions {
  readonly name: string;
  readonly folder: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Name → URLs of the members, several separated by commas. */
  readonly peers: ReadonlyMap<string, string>;
  readonly maxWals: number;
  readonly maxSnapshots: number;
  readonly debug: boolean;
  /** Where the URLs of the peers are https: files of `tls.*`. Members and clients then speak TLS only. */
  readonly tls?: MemberTls;
}

export interface MemberTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Clients need a certificate too, as other members do in any case. */
  readonly requireClientCert: boolean;
}

/** Whether members speak TLS to each other. Throws SKY_E_CONFIG when only some would. */
export function peersUseTls(peers: ReadonlyMap<string, string>): boolean {
  const all = [...peers.values()].flatMap((list) => list.split(',').map((url) => url.trim()));
  const secure = all.filter((url) => url.startsWith('https:'));
  if (secure.length !== 0 && secure.length !== all.length) {
    throw new SkydiveError('SKY_E_CONFIG', 'etcd.peers: either all URLs are https or none is');
  }
  return secure.length > 0;
}

/** Arguments of the distribution's etcd for a member with the keys of the original's embedded one. */
export function memberArguments(options: MemberOptions): string[] {
  const { peers, listen, folder } = options;
  // The loader puts names of maps in lower case.
  const name = peers.has(options.name) ? options.name : options.name.toLowerCase();
  const own = peers.get(name);
  if (own === undefined) {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `Unable to find Etcd name entry in the peers list: ${options.name}; add it to etcd.peers or set etcd.name to one of ${[...peers.keys()].join(', ')}`,
    );
  }
  const { tls } = options;
  const scheme = tls === undefined ? 'http' : 'https';
  const clientUrls = urls(scheme, [listen.host], listen.port);
  const peerUrls = urls(scheme, [listen.host], listen.port + 1);
  const advertised = urls(scheme, reachable(listen.host), listen.port);
  return [
    ...['--name', name, '--data-dir', join(folder, 'member.etcd'), '--enable-v2=true'],
    ...['--listen-client-urls', clientUrls, '--advertise-client-urls', advertised],
    ...['--listen-peer-urls', peerUrls, '--initial-advertise-peer-urls', own],
    ...[
      '--initial-cluster',
      [...peers].flatMap(([peer, list]) => list.split(',').map((url) => `${peer}=${url.trim()}`)).join(','),
    ],
    ...['--initial-cluster-state', 'new', '--initial-cluster-token', 'skydive'],
    ...['--max-wals', String(options.maxWals), '--max-snapshots', String(options.maxSnapshots)],
    ...(tls === undefined ? [] : tlsArguments(tls)),
    ...['--logger', 'zap', '--log-level', options.debug ? 'debug' : 'warn'],
  ];
}

function tlsArguments({ cert, key, ca, requireClientCert }: MemberTls): string[] {
  return [
    ...['--cert-file', cert, '--key-file', key, '--trusted-ca-file', ca],
    ...[
      '--peer-cert-file',
      cert,
      '--peer-key-file',
      key,
      '--peer-trusted-ca-file',
      ca,
      '--peer-client-cert-auth',
    ],
    ...(requireClientCert ? ['--client-cert-auth'] : []),
  ];
}

function urls(scheme: string, hosts: readonly string[], port: number): string {
  return hosts.map((host) => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
}

/** Where clients reach a listener on every address: each address of the host but link-local ones. */
function reachable(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::' && host !== '') return [host];
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, family }) => family === 'IPv4' || (host === '::' && !address.startsWith('fe80:')))
    .map(({ address }) => address);
}
