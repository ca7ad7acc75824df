// SPDX-License-Identifier: Apache-2.0
// Replays the recorded exchanges of the original's HTTP API for the endpoints that exist, on real sockets.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { elementResource } from '../../src/api/resources/element.js';
import type { Resource } from '../../src/api/resources/resource.js';
import type { Authenticator, Permission } from '../../src/auth/authenticator.js';
import { SkydiveError } from '../../src/errors.js';
import { decodeEdge, decodeNode } from '../../src/graph/codec.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { captureKind } from '../../src/services/captures/capture-kind.js';
import { checkInjection } from '../../src/services/injection/injection-nodes.js';
import { injectionKind } from '../../src/services/injection/packet-injection.js';
import { KvResource } from '../../src/services/resources/kv-resource.js';
import { scratchKv } from '../../src/store/kv/scratch-kv.js';
import { configOf, exchange, openTo, parseAnswer, type RawAnswer, withApi } from '../e2e/api-fixture.js';

interface Recorded {
  readonly case: string;
  readonly auth: 'noauth' | 'basic';
  readonly to: 'analyzer' | 'agent';
  readonly method: string;
  readonly path: string;
  readonly request: string;
  readonly request_body?: string;
  readonly response?: string;
  readonly response_body?: string;
  readonly response_gunzipped?: string;
}

const file = join(import.meta.dirname, '../../../../shared/wire/rest.jsonl');
const rows: readonly Recorded[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded)
  : [];

/** Paths whose endpoints exist. */
const built = /^\/(api\/?|api\/(status|topology|config\/.*|nope)|login(\?.*)?|nope|ws\/pubsub)$/;
/** What needs flows. */
const left = new Set(['topology pcap none', 'topology flows']);

function isReplayed({ path, method, response, case: name }: Recorded): boolean {
  if (response === undefined || left.has(name)) return false;
  return method === 'OPTIONS' || built.test(path.split('?')[0]!);
}

/** The members of the recorded whole graph, as it was when the queries ran. */
function recordedGraph(): Graph {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const whole = rows.find((row) => row.case === 'topology GET')?.response_body ?? '{}';
  const { Nodes, Edges } = JSON.parse(whole) as { Nodes: unknown[]; Edges: unknown[] };
  for (const node of Nodes) graph.applyNodeAdded(decodeNode(node));
  for (const edge of Edges) graph.applyEdgeAdded(decodeEdge(edge));
  return graph;
}

/** Users admin and bob as in the recorded run; bob may do what his permissions say, once he has logged in. */
function basic(service: 'analyzer' | 'agent', loggedIn: Set<string>): Authenticator {
  const passwords = new Map([
    ['admin', 'secret'],
    ['bob', 'pw'],
  ]);
  const guest = permissionsOf(rows.find((row) => row.case === 'login bob'));
  const check = (user: string, password: string) => {
    if (password === '' || passwords.get(user) !== password) {
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'Wrong credentials');
    }
    return user;
  };
  return {
    authenticate(credential) {
      const text = Buffer.from(credential.replace(/^\S+ /, ''), 'base64').toString();
      const [user = '', password = ''] = text.split(':');
      return check(user, password);
    },
    login(user, password) {
      loggedIn.add(check(user, password));
      return { user, token: Buffer.from(`${user}:${password}`).toString('base64') };
    },
    logout() {},
    allows: (user, object, action) =>
      service === 'agent' ||
      user === 'admin' ||
      (loggedIn.has(user) &&
        guest.some((line) => line.Allowed && line.Object === object && line.Action === action)),
    permissions: (user) =>
      service === 'agent' ? null : user === 'admin' ? openTo('analyzer').permissions(user) : guest,
  };
}

function permissionsOf(row: Recorded | undefined): readonly Permission[] {
  const body = row?.response_body ?? '{}';
  return (JSON.parse(body) as { Permissions?: Permission[] }).Permissions ?? [];
}

const config = configOf({
  'analyzer.listen': '127.0.0.1:8082',
  analyzer: { listen: '127.0.0.1:8082' },
  analyzers: ['127.0.0.1:8082'],
});

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** Members in one order, and lists too: the original leaves their order to chance, but for the steps of a path. */
function normalised(value: unknown, isPath = false): unknown {
  if (Array.isArray(value)) {
    const members = value.map((member) => normalised(member, isPath));
    return isPath ? members : members.toSorted(byText);
  }
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).toSorted(byText);
  return Object.fromEntries(sorted.map(([key, member]) => [key, normalised(member, isPath)]));
}

/** `/ws/pubsub` and `rbac` are younger than the recorded release: they may be granted here. */
function withoutYounger(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('Permissions' in value)) return value;
  const permissions = value.Permissions as Permission[] | null;
  return {
    ...value,
    Permissions:
      permissions?.filter((line) => line.Action !== '/ws/pubsub' && line.Object !== 'rbac') ?? null,
  };
}

function comparable(text: string, isPath: boolean): unknown {
  try {
    return normalised(withoutYounger(JSON.parse(text)), isPath);
  } catch {
    // DOT: nodes and edges in any order.
    return text.startsWith('digraph') ? text.split('\n').toSorted() : text;
  }
}

/** Framing and time differ from run to run, the cookie of permissions in its order. */
function headersOf(answer: RawAnswer): Record<string, readonly string[]> {
  const ignored = new Set(['date', 'content-length', 'transfer-encoding']);
  const kept = [...answer.headers].filter(([name]) => !ignored.has(name));
  return Object.fromEntries(
    kept.map(([name, values]) => [name, values.map((value) => value.replace(/^(permissions)=[^;]*/, '$1'))]),
  );
}

function textOf(answer: RawAnswer): string {
  const packed = answer.headers.get('content-encoding')?.[0] === 'gzip';
  return (packed ? gunzipSync(answer.body) : answer.body).toString();
}

const groups = [
  { auth: 'noauth', to: 'analyzer' },
  { auth: 'noauth', to: 'agent' },
  { auth: 'basic', to: 'analyzer' },
  { auth: 'basic', to: 'agent' },
] as const;

for (const { auth, to } of groups) {
  test(`the recorded exchanges with the ${to} under ${auth} come out the same`, async (t) => {
    if (rows.length === 0) {
      t.skip('needs ../shared/wire/rest.jsonl');
      return;
    }
    const replayed = rows.filter((row) => row.auth === auth && row.to === to && isReplayed(row));
    assert.ok(replayed.length > 0);
    const parts = {
      service: to,
      hostId: to === 'analyzer' ? 'an1' : 'agent1',
      source: recordedGraph(),
      config,
      authenticator: auth === 'noauth' ? openTo(to) : basic(to, new Set()),
    };
    const recordedStatus = rows.find(
      (row) => row.path === '/api/status' && row.to === to && row.response_body !== '',
    );
    const status = () => JSON.parse(recordedStatus?.response_body ?? '{}') as unknown;
    await withApi({ ...parts, status }, async ({ port }) => {
      for (const row of replayed) {
        await t.test(`${row.case}: ${row.method} ${row.path}`, async () => {
          const answer = await exchange(port, `${row.request}${row.request_body ?? ''}`);
          const expected = parseAnswer(Buffer.from(row.response!));
          assert.equal(answer.statusLine, expected.statusLine);
          const headers = headersOf(expected);
          // The original sniffs text/plain; a true type is safe.
          if (row.path === '/api/topology' && row.method === 'GET' && answer.status === 200) {
            headers['content-type'] = ['application/json; charset=UTF-8'];
          }
          assert.deepEqual(headersOf(answer), headers);
          const text = row.response_gunzipped ?? row.response_body ?? '';
          // Messages about queries say more behind the recorded words; a result that has another state is compared by shape.
          if (
            row.path === '/api/topology' &&
            [400, 406].includes(answer.status) &&
            !row.case.includes('json')
          ) {
            assert.ok(textOf(answer).startsWith(text.trimEnd()), textOf(answer));
            assert.match(textOf(answer), /.\n$/);
          } else if (row.path === '/api/status' || (row.path === '/api/topology' && auth === 'basic')) {
            assert.equal(typeof JSON.parse(textOf(answer) || '0'), typeof JSON.parse(text || '0'));
          } else {
            const isPath = row.case.includes('path');
            assert.deepEqual(comparable(textOf(answer), isPath), comparable(text, isPath));
          }
        });
      }
    });
  });
}

/** Times of the recorded run, and of this one, are the same. */
function withoutTimes(text: string): string {
  return text.replace(/"(CreatedAt|UpdatedAt)":17\d{11}\b/g, '"$1":1');
}

test('the recorded life of nodes and edges comes out the same', async (t) => {
  const life = rows.filter((row) => row.auth === 'noauth' && /^\/api\/(node|edge)(\/|$)/.test(row.path));
  const replayed = life.filter((row) => row.method !== 'OPTIONS');
  if (replayed.length === 0) {
    t.skip('needs ../shared/wire/rest.jsonl');
    return;
  }
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1', now: () => 1_700_000_000_000 });
  const resources = (['node', 'edge'] as const).map((kind) =>
    elementResource(kind, graph, () => 1_700_000_000_000),
  );
  await withApi({ source: graph, resources }, async ({ port }) => {
    for (const row of replayed) {
      await t.test(`${row.case}: ${row.method} ${row.path}`, async () => {
        const answer = await exchange(port, `${row.request}${row.request_body ?? ''}`);
        const expected = parseAnswer(Buffer.from(row.response!));
        assert.equal(answer.statusLine, expected.statusLine);
        assert.deepEqual(headersOf(answer), headersOf(expected));
        const text = withoutTimes(textOf(answer));
        const wanted = withoutTimes(row.response_body ?? '');
        if (row.case === 'edge list') {
          // The recorded graph held the host's own edges too.
          const mine = JSON.parse(text) as Record<string, unknown>;
          const all = JSON.parse(wanted) as Record<string, unknown>;
          assert.deepEqual(mine, { e1: all['e1'] });
        } else if (wanted.startsWith('{')) {
          // Metadata come in any order; the members of the element, and the newline, as they were.
          const members = (json: string) => Object.keys(JSON.parse(json) as object);
          assert.deepEqual(members(text), members(wanted));
          assert.deepEqual(JSON.parse(text), JSON.parse(wanted));
          assert.equal(text.endsWith('\n'), wanted.endsWith('\n'));
        } else {
          assert.equal(text, wanted);
        }
      });
    }
  });
});

/** Cases whose message is our own: what it starts with. */
const ownWords: Readonly<Record<string, RegExp>> = {
  'capture bad gremlin': /^GremlinQuery: Not a valid Gremlin expression: /,
  'capture no gremlin': /^GremlinQuery: Not a valid Gremlin expression: /,
  'capture lower-case member': /^GremlinQuery: Not a valid Gremlin expression: /,
  'capture bad bpf': /^BPFFilter: Not a valid BPF expression: /,
  // With the types that are ours behind the recorded ones.
  'capture bad type':
    /^Type: Not a valid capture type: nope, available types: \[ovssflow pcapsocket ovsmirror dpdk afpacket pcap ebpf sflow ovsnetflow netflow\]\n$/,
  'capture wrong member type': /^GremlinQuery has to be a string\n$/,
  'capture array': /^a capture has to be a JSON object\n$/,
  'inject bad src gremlin': /^Src: Not a valid Gremlin expression: /,
};

/** Replays the recorded exchanges of one resource, from its creation on. */
async function replayResource(t: TestContext, name: string, resource: Resource): Promise<void> {
  const replayed = rows.filter(
    ({ auth, path, method }) =>
      auth === 'noauth' && new RegExp(`^/api/${name}(/|$)`).test(path) && method !== 'OPTIONS',
  );
  if (replayed.length === 0) {
    t.skip('needs ../shared/wire/rest.jsonl');
    return;
  }
  /** Recorded id → ours. */
  const ids = new Map<string, string>();
  const ours = (text: string) => [...ids].reduce((renamed, [id, own]) => renamed.replaceAll(id, own), text);
  await withApi(
    { source: new Graph({ host: 'an1', origin: 'analyzer.an1' }), resources: [resource] },
    async ({ port }) => {
      for (const row of replayed) {
        await t.test(`${row.case}: ${row.method} ${row.path}`, async () => {
          const answer = await exchange(port, ours(`${row.request}${row.request_body ?? ''}`));
          const expected = parseAnswer(Buffer.from(row.response!));
          assert.equal(answer.statusLine, expected.statusLine, textOf(answer));
          assert.deepEqual(headersOf(answer), headersOf(expected));
          const text = textOf(answer);
          const made = row.method === 'POST' && answer.status === 201;
          if (made) {
            const uuid = (json: string) => (JSON.parse(json) as { UUID: string }).UUID;
            ids.set(uuid(row.response_body!), uuid(text));
          }
          const wanted = ours(row.response_body ?? '');
          const own = ownWords[row.case];
          if (own !== undefined) assert.match(text, own);
          else if (row.case.endsWith(' list')) assert.deepEqual(JSON.parse(text), JSON.parse(wanted));
          else assert.equal(text, wanted);
        });
      }
    },
  );
}

test('the recorded life of captures comes out the same', async (t) => {
  const kind = captureKind({
    defaultLayerKeyMode: 'L2',
    // As when it was recorded: one was active on `va`.
    count: async ({ GremlinQuery }) => (GremlinQuery?.includes("'va'") ? 1 : 0),
  });
  await replayResource(t, 'capture', new KvResource(kind, await scratchKv(t), silentLogger));
});

test('the recorded life of packet injections comes out the same', async (t) => {
  const graph = recordedGraph();
  const kind = injectionKind((injection) => checkInjection(injection, graph));
  await replayResource(t, 'injectpacket', new KvResource(kind, await scratchKv(t), silentLogger));
});
