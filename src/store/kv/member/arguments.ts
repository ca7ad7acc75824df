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
  const clientUrls = urls([listen.host], listen.port);
  const peerUrls = urls([listen.host], listen.port + 1);
  const advertised = urls(reachable(listen.host), listen.port);
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
    ...['--logger', 'zap', '--log-level', options.debug ? 'debug' : 'warn'],
  ];
}

function urls(hosts: readonly string[], port: number): string {
  return hosts.map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
}

/** Where clients reach a listener on every address: each address of the host but link-local ones. */
function reachable(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::' && host !== '') return [host];
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, family }) => family === 'IPv4' || (host === '::' && !address.startsWith('fe80:')))
    .map(({ address }) => address);
}
