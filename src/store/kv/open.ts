// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import type { Config } from '../../config/key.js';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import { type MemberTls, peersUseTls } from './member/arguments.js';
import type { KvStore } from './store.js';

export interface OpenKvOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** `etcd.listen`, read. */
  readonly listen: { readonly host: string; readonly port: number };
  /** URLs of external servers: `etcd.servers`, or what stands for them when it is empty. */
  readonly endpoints: readonly string[];
  /** Sent to `etcd.servers`. */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly clientTls?: SecureContextOptions;
  /** Who may write to the embedded store from beyond this host. */
  readonly mayWrite: (request: IncomingMessage) => boolean | Promise<boolean>;
  readonly serverTls?: (handle: (request: IncomingMessage, response: ServerResponse) => void) => Server;
  /** Ends waiting for servers that do not answer. */
  readonly signal?: AbortSignal;
}

export interface OpenKv {
  readonly kv: KvStore;
  /** `embedded`, `etcd v2` or `etcd v3`. */
  readonly kind: string;
  /** Stops what serves it, too. */
  close(): Promise<void>;
}

const retryMs = 1000;

/**
 * The key-value store that the `etcd.*` keys ask for: embedded and served, a member of `etcd.peers`, or external
 * servers. Waits for servers that do not answer yet, as the original does; what can never work is refused.
 */
export async function openKv(options: OpenKvOptions): Promise<OpenKv> {
  const { config } = options;
  const servers = config.getList('etcd.servers');
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let end = closers.pop(); end !== undefined; end = closers.pop()) await end();
  };
  try {
    const peers = new Map(
      Object.entries(config.getMap('etcd.peers')).map(([name, url]) => [name, String(url)]),
    );
    let own: KvStore | undefined;
    if (config.getBool('etcd.embedded')) {
      if (peers.size > 0) closers.push(await startMember(options, peers));
      else {
        const embedded = await serveEmbedded(options);
        closers.push(embedded.close);
        own = embedded.kv;
      }
    }
    if (own !== undefined && servers.length === 0) return { kv: own, kind: 'embedded', close };
    const local = servers.length === 0 && config.getBool('etcd.embedded');
    const { kv, api } = local
      ? await ownMember(options, peersUseTls(peers))
      : await external(options, options.endpoints);
    closers.push(() => kv.close());
    return { kv, kind: `etcd ${api}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serveEmbedded(options: OpenKvOptions): Promise<{ kv: KvStore; close: () => Promise<void> }> {
  const { config, logger, listen, mayWrite, serverTls } = options;
  const [{ KeySpace }, { embeddedKv }, { KvServer }] = await Promise.all([
    import('./embedded/space.js'),
    import('./embedded/kv.js'),
    import('./server/server.js'),
  ]);
  const name = config.getString('etcd.name');
  const space = await KeySpace.open({ folder: join(config.getString('etcd.data_dir'), 'kv'), logger });
  const kv = embeddedKv(space);
  const server = new KvServer({
    space,
    listen,
    name,
    logger,
    mayWrite,
    ...(serverTls !== undefined && { tls: serverTls }),
  });
  try {
    await server.start();
    // As the original's readiness probe; it also shows that the store takes writes.
    await kv.set(`/${name}`, '');
  } catch (error) {
    await server.stop();
    await kv.close();
    throw error;
  }
  return {
    kv,
    async close() {
      await server.stop();
      await kv.close();
    },
  };
}

async function startMember(
  { config, logger, listen, clientTls }: OpenKvOptions,
  peers: ReadonlyMap<string, string>,
): Promise<() => Promise<void>> {
  const { EtcdMember } = await import('./member/member.js');
  const member = new EtcdMember(
    {
      name: config.getString('etcd.name'),
      folder: config.getString('etcd.data_dir'),
      listen,
      peers,
      maxWals: config.getInt('etcd.max_wal_files'),
      maxSnapshots: config.getInt('etcd.max_snap_files'),
      debug: config.getBool('etcd.debug'),
      ...(peersUseTls(peers) && { tls: memberTls(config) }),
    },
    logger,
    clientTls,
  );
  await member.start();
  return () => member.stop();
}

/** The files that a member with https peers takes. Throws SKY_E_CONFIG naming the one that is not set. */
function memberTls(config: Config): MemberTls {
  const path = (key: string) => {
    const value = config.getString(key);
    if (value !== '') return value;
    throw new SkydiveError('SKY_E_CONFIG', `etcd.peers: members speak TLS, for which ${key} has to be set`);
  };
  return {
    cert: path('tls.server_cert'),
    key: path('tls.server_key'),
    ca: path('tls.ca_cert'),
    requireClientCert: config.getBool('tls.require_client_cert'),
  };
}

/** The member of `etcd.peers` that this analyzer runs. */
async function ownMember(options: OpenKvOptions, secure: boolean) {
  const { memberUrl, ownMemberTls } = await import('./member/member.js');
  const { listen, clientTls = {}, ...rest } = options;
  const url = memberUrl(listen, secure ? 'https' : 'http');
  return external({ ...rest, listen, clientTls: ownMemberTls(clientTls) }, [url]);
}

async function external(options: OpenKvOptions, urls: readonly string[]) {
  const { config, logger, credentials, clientTls, signal } = options;
  const [{ EtcdServers }, { chooseApi }] = await Promise.all([
    import('./etcd/servers.js'),
    import('./etcd/choose-api.js'),
  ]);
  const servers = new EtcdServers({
    urls,
    timeoutMs: config.getInt('etcd.client_timeout') * 1000,
    ...credentials,
    ...(clientTls !== undefined && { tls: clientTls }),
  });
  for (let said = false; ; ) {
    try {
      return await chooseApi(servers, config.getString('etcd.api'));
    } catch (error) {
      const stopped = signal?.aborted === true;
      if (stopped || !(error instanceof SkydiveError) || error.code !== 'SKY_E_STORE') {
        servers.close();
        throw error;
      }
      if (!said) logger.error(`${messageOf(error)}: waiting for it`);
      said = true;
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
