// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyAnswer } from './answer.js';
import { type Match, type Route, RouteTable } from './route.js';

function row(path: string, methods: Route['methods'], status: number): Route {
  return { path, methods, access: 'public', handler: () => emptyAnswer(status) };
}

const table = new RouteTable([
  row('/api', ['GET'], 1),
  row('/login', 'any', 2),
  row('/api/config/{key}', ['GET'], 3),
  row('/api/topology', ['GET', 'POST'], 4),
  row('/api/node', ['GET'], 5),
  row('/api/node', ['POST'], 6),
  row('/api/node/{id...}', ['GET', 'PATCH', 'DELETE'], 7),
]);

function brief(match: Match): unknown {
  if (match.kind === 'route') {
    const answer = match.route.handler({} as never) as { status: number };
    return Object.keys(match.params).length > 0 ? [answer.status, match.params] : answer.status;
  }
  return match.kind === 'redirect' ? `→ ${match.path}` : match.kind;
}

// Rows of rest-api.md §1, §3 and §5 and of the recordings.
const rows: readonly [string, string, unknown][] = [
  ['GET', '/api', 1],
  ['GET', '/api/', '→ /api'],
  ['POST', '/api/', 'wrongMethod'],
  ['HEAD', '/api', 'wrongMethod'],
  ['POST', '/api', 'wrongMethod'],
  ['GET', '/API', 'unknown'],
  ['GET', '/api/nope', 'unknown'],
  ['GET', '/nope', 'unknown'],
  ['BREW', '/login', 2],
  ['GET', '/api/config/a.b', [3, { key: 'a.b' }]],
  ['GET', '/api/config/', 'unknown'],
  ['GET', '/api/config/a/b', 'unknown'],
  ['POST', '/api/topology/', '→ /api/topology'],
  ['PUT', '/api/topology', 'wrongMethod'],
  ['GET', '/api/node', 5],
  ['POST', '/api/node', 6],
  ['DELETE', '/api/node', 'wrongMethod'],
  ['GET', '/api/node/', '→ /api/node'],
  ['DELETE', '/api/node/', [7, { id: '' }]],
  ['GET', '/api/node/x', [7, { id: 'x' }]],
  ['GET', '/api/node/x/', [7, { id: 'x' }]],
  ['GET', '/api/node/x/y', [7, { id: 'x/y' }]],
  ['PUT', '/api/node/x', 'wrongMethod'],
];

for (const [method, path, expected] of rows) {
  test(`${method} ${path} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(brief(table.match(method, path)), expected);
  });
}

test('a route that does not say who may use it is refused', () => {
  const route = { path: '/open', methods: ['GET'], handler: () => emptyAnswer(200) } as unknown as Route;
  assert.throws(() => new RouteTable([route]), {
    code: 'SKY_E_INTERNAL',
    message: /\/open has no access row/,
  });
});
