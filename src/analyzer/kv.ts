// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type SecureContextOptions, TLSSocket } from 'node:tls';
import { tlsOptions } from '../api/transport/tls.js';
import type { Authenticator } from '../auth/authenticator.js';
import { letsEverybodyIn } from '../auth/backend.js';
import { parseAddress } from '../config/address.js';
import { etcdEndpoints } from '../config/analyzers.js';
import type { Config } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import { type OpenKv, openKv } from '../store/kv/open.js';
import type { RotatingCertificates } from '../wire/rotation.js';

const clusterKey = 'analyzer.auth.cluster.backend';

/** The key-value store of an analyzer. `cluster` is who the users of agents and analyzers are, once it is known. */
export function openAnalyzerKv(
  config: Config,
  logger: Logger,
  cluster: () => Authenticator | undefined,
  signal: AbortSignal,
  tls: { readonly server?: RotatingCertificates; readonly client?: RotatingCertificates },
): Promise<OpenKv> {
  const { server, client } = tls;
  return openKv({
    config,
    logger,
    listen: parseAddress(config.getString('etcd.listen')),
    endpoints: etcdEndpoints(config),
    credentials: etcdCredentials(config),
    clientTls: client?.clientOptions ?? authorityAlone(config),
    mayWrite: (request) => mayWrite(request, config, cluster()),
    ...(server !== undefined && {
      serverTls: (handle): Server => {
        const listener = createServer(tlsOptions(server.current), handle);
        server.on((next) => listener.setSecureContext(tlsOptions(next)));
        return listener;
      },
    }),
    signal,
  });
}

/** Users of etcd's own, else those that the embedded store of another analyzer knows. */
function etcdCredentials(config: Config): { username: string; password: string } {
  const section = config.getString('etcd.username') === '' ? 'analyzer.auth.cluster' : 'etcd';
  return {
    username: config.getString(`${section}.username`),
    password: config.getString(`${section}.password`),
  };
}

/** For https servers where this analyzer has no certificate of its own. */
function authorityAlone(config: Config): SecureContextOptions {
  const path = config.getString('tls.ca_cert');
  return { minVersion: 'TLSv1.2', ...(path !== '' && { ca: readFileSync(path) }) };
}

/** A verified client certificate, the credentials of the cluster, or the administrator's word that all may. */
async function mayWrite(
  request: IncomingMessage,
  config: Config,
  cluster: Authenticator | undefined,
): Promise<boolean> {
  if (config.getBool('etcd.allow_unauthenticated')) return true;
  if (request.socket instanceof TLSSocket && request.socket.authorized) return true;
  const credential = request.headers.authorization ?? '';
  if (credential === '' || cluster === undefined || letsEverybodyIn(config, clusterKey)) return false;
  try {
    await cluster.authenticate(credential, request.socket.remoteAddress);
    return true;
  } catch {
    return false;
  }
}
