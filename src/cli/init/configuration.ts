// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Answers } from './answers.js';

type Tree = { [key: string]: Tree | string | boolean | readonly string[] };

function tls(answers: Answers): Tree {
  const { role, tlsFolder: folder, tlsHost: host } = answers;
  if (folder === undefined || host === undefined) return {};
  const pair = join(folder, `${role === 'agent' ? 'agent' : 'analyzer'}-${host}`);
  return {
    tls: {
      ca_cert: join(folder, 'ca.crt'),
      server_cert: `${pair}.crt`,
      server_key: `${pair}.key`,
      client_cert: `${pair}.crt`,
      client_key: `${pair}.key`,
    },
  };
}

/** Who may use the API, as sections `analyzer.auth.api` and `auth`. */
function api({ authentication, user, keystoneUrl }: Answers): { backend: string; section: Tree } | undefined {
  if (authentication === 'basic' && user !== undefined) {
    return {
      backend: 'basic',
      section: { basic: { type: 'basic', users: { [user.username]: user.password } } },
    };
  }
  if (authentication === 'keystone' && keystoneUrl !== undefined) {
    return { backend: 'keystone', section: { keystone: { type: 'keystone', auth_url: keystoneUrl } } };
  }
  return undefined;
}

/** The configuration of this host that the answers ask for, as the keys of `skydive.yml`. */
export function configurationOf(answers: Answers): Tree {
  const { role, analyzers, listen, etcd, cluster } = answers;
  const account =
    cluster === undefined ? undefined : { username: cluster.username, password: cluster.password };
  const agent: Tree = account === undefined ? {} : { agent: { auth: { cluster: account } } };
  const list: Tree = analyzers.length === 0 ? {} : { analyzers };
  if (role === 'agent') return { ...list, ...agent, ...tls(answers) };
  const guard = api(answers);
  const guards: Tree = {
    ...(guard !== undefined && { api: { backend: guard.backend } }),
    ...(account !== undefined && { cluster: { backend: 'cluster', ...account } }),
  };
  const sections: Tree = {
    ...guard?.section,
    ...(cluster !== undefined && {
      cluster: { type: 'basic', users: { [cluster.username]: cluster.password } },
    }),
  };
  return {
    ...list,
    analyzer: {
      ...(listen !== undefined && { listen }),
      ...(Object.keys(guards).length > 0 && { auth: guards }),
    },
    ...(role === 'allinone' ? agent : {}),
    ...(Object.keys(sections).length > 0 && { auth: sections }),
    ...(etcd.length > 0 && { etcd: { embedded: false, servers: etcd } }),
    ...tls(answers),
  };
}
