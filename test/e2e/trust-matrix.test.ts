// SPDX-License-Identifier: Apache-2.0
// Every route and endpoint of an analyzer × who asks × how: the expectations are written down here by object and
// action (behaviour-services.md §9), so a new route needs a row in its table, and a new object one in ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointUsers } from '../../src/api/admission.js';
import type { Route } from '../../src/api/route.js';
import {
  type Asking,
  ask,
  basicAuth,
  certificates,
  scratch,
  startAnalyzer,
  upgradeHeaders,
} from './trust-fixture.js';

// The admin comes first: who is in is not held up by those who guess from the same address.
const users = {
  admin: basicAuth('admin', 'admin-pw'),
  guest: basicAuth('gus', 'gus-pw'),
  denied: basicAuth('dan', 'dan-pw'),
  nobody: {},
  wrong: basicAuth('admin', 'guess'),
  unknown: basicAuth('mallory', 'x'),
} as const;
type User = keyof typeof users;

/** What a guest may do of the objects that routes have; `denied` is an admin but for reading the topology. */
const guestMay: Readonly<Record<string, boolean>> = {
  'status read': true,
  'topology read': true,
  'websocket /ws/subscriber': true,
  ...Object.fromEntries(
    ['alert', 'capture', 'injectpacket', 'workflow', 'node', 'edge', 'noderule', 'edgerule'].flatMap(
      (object) => [
        [`${object} read`, false],
        [`${object} write`, false],
      ],
    ),
  ),
  'config read': false,
  'rbac read': false,
  'rbac write': false,
  'pcap write': false,
  'workflow.call write': false,
  'capture rawpackets': false,
  ...Object.fromEntries(
    Object.keys(endpointUsers)
      .filter((path) => path !== '/ws/subscriber')
      .map((path) => [`websocket ${path}`, false]),
  ),
};

type Verdict = 'served' | 'who' | 'refused';

function expected(object: string, action: string, user: User): Verdict {
  if (user === 'nobody' || user === 'wrong' || user === 'unknown') return 'who';
  const guest = guestMay[`${object} ${action}`];
  assert.notEqual(guest, undefined, `this test has no expectation for ${object} ${action}`);
  if (user === 'guest') return guest ? 'served' : 'refused';
  return user === 'denied' && object === 'topology' && action === 'read' ? 'refused' : 'served';
}

function ofRoute({ access }: Route, user: User): Verdict {
  if (access === 'public') return 'served';
  if (access === 'user') return ['nobody', 'wrong', 'unknown'].includes(user) ? 'who' : 'served';
  return expected(access.object, access.action, user);
}

function verdictOf(status: number, refusal: number): Verdict | 'cut' {
  if (status === 0) return 'cut';
  return status === 401 ? 'who' : status === refusal ? 'refused' : 'served';
}

const config = {
  'auth.users.type': 'basic',
  'auth.users.users': { admin: 'admin-pw', gus: 'gus-pw', dan: 'dan-pw' },
  'analyzer.auth.api.backend': 'users',
  'analyzer.auth.cluster.backend': 'users',
  'rbac.policy': ['g, gus, guest', 'p, dan, topology, read, deny'],
};

for (const transport of ['http', 'https', 'https with client certificates'] as const) {
  test(`every route and endpoint, every kind of user, over ${transport}`, { timeout: 120_000 }, async (t) => {
    const made = certificates(scratch(t));
    const tlsConfig = {
      'tls.server_cert': made.server.certPath,
      'tls.server_key': made.server.keyPath,
      'tls.ca_cert': made.caPath,
      'tls.require_client_cert': transport === 'https with client certificates',
    };
    const { analyzer, port, log } = await startAnalyzer(t, {
      ...config,
      ...(transport === 'http' ? {} : tlsConfig),
    });
    const access = analyzer.access;
    assert.ok(access !== undefined);
    const plainTls = { ca: made.ca };
    const tls =
      transport === 'http'
        ? {}
        : {
            tls:
              transport === 'https'
                ? plainTls
                : { ...plainTls, cert: made.client.cert, key: made.client.key },
          };
    const wrong: string[] = [];
    let asked = 0;
    const check = async (asking: Omit<Asking, 'port'>, refusal: number, user: User, want: Verdict) => {
      const { status } = await ask({
        ...asking,
        port,
        ...tls,
        headers: { ...asking.headers, ...users[user] },
      });
      asked++;
      const got = verdictOf(status, refusal);
      if (got !== want)
        wrong.push(`${user}: ${asking.method} ${asking.path}: ${got} (${status}), not ${want}`);
    };
    const routes = access.routes.flatMap((route) =>
      (route.methods === 'any' ? ['GET'] : route.methods).map((method) => ({ route, method })),
    );
    for (const user of Object.keys(users) as User[]) {
      for (const { route, method } of routes) {
        // Each client of an endpoint needs a name of its own.
        const path = route.path.replace(/\{[a-zA-Z]+(\.\.\.)?\}/, 'none');
        if (access.endpoints.includes(path)) continue;
        await check({ method, path }, 405, user, ofRoute(route, user));
      }
      for (const path of access.endpoints) {
        const headers = { ...upgradeHeaders, 'X-Host-ID': `${user}-${path}` };
        await check({ method: 'GET', path, headers }, 403, user, expected('websocket', path, user));
      }
    }
    assert.deepEqual(wrong, []);
    assert.equal(
      asked,
      Object.keys(users).length * (countOf(routes, access.endpoints) + access.endpoints.length),
    );
    assert.ok(log.some((line) => /audit: user "gus" from .*: .*: refused/.test(line)));
    assert.ok(
      !log.some((line) => line.includes('admin-pw') || line.includes('gus-pw')),
      'no password in the log',
    );

    if (transport === 'https with client certificates') {
      for (const { method, path } of [
        { method: 'GET', path: '/api' },
        { method: 'GET', path: '/healthz' },
      ]) {
        const answer = await ask({ port, method, path, tls: plainTls, headers: users.admin });
        assert.equal(answer.status, 0, 'without a client certificate nobody is heard');
      }
      assert.ok(log.some((line) => /TLS: refused .*presents no certificate/.test(line)));
    }
  });
}

function countOf(routes: readonly { readonly route: Route }[], endpoints: readonly string[]): number {
  return routes.filter(({ route }) => !endpoints.includes(route.path)).length;
}
