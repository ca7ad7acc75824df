// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Config, ConfigValue } from '../../config/key.js';
import { silentLogger } from '../../log/logger.js';
import { embeddedKv } from '../../store/kv/embedded/kv.js';
import { KeySpace } from '../../store/kv/embedded/space.js';
import { until } from '../../store/kv/store.contract.js';
import { authKeys } from '../keys.js';
import { bundledPolicy } from './bundled.js';
import { CasbinRules } from './casbin.js';
import { type PolicyLine, parsePolicy } from './line.js';
import { isDefaultModel, modelText } from './model.js';
import { Rules } from './rules.js';
import { PolicyStore, policyKey } from './store.js';

function configWith(values: Readonly<Record<string, ConfigValue>> = {}): Config {
  const get = (key: string) => values[key] ?? authKeys.find((each) => each.key === key)?.default;
  return { get, getList: (key: string) => (get(key) ?? []) as readonly string[] } as Config;
}

// The table of behaviour-services.md §9: object, actions, admin, guest.
const table: readonly [string, readonly string[], boolean, boolean][] = [
  ...['alert', 'capture', 'injectpacket', 'workflow'].map(
    (object) => [object, ['read', 'write'], true, false] as [string, string[], boolean, boolean],
  ),
  ['capture', ['rawpackets'], true, false],
  ['config', ['read'], true, false],
  ['pcap', ['write'], true, false],
  ['status', ['read'], true, true],
  ['topology', ['read'], true, true],
  ...['node', 'edge', 'noderule', 'edgerule'].map(
    (object) => [object, ['read', 'write'], true, false] as [string, string[], boolean, boolean],
  ),
  ['workflow.call', ['write'], true, false],
  ['rbac', ['read', 'write'], true, false],
  [
    'websocket',
    [
      '/ws/agent/topology',
      '/ws/agent/flow',
      '/ws/subscriber/flow',
      '/ws/publisher',
      '/ws/replication',
      '/ws/pubsub',
    ],
    true,
    false,
  ],
  ['websocket', ['/ws/subscriber'], true, true],
  ['pcap', ['read'], false, false],
  ['nothing', ['read'], false, false],
];

test('the bundled policy for admin and guest', () => {
  const rules = new Rules([...bundledPolicy, { kind: 'g', member: 'gus', role: 'guest' }]);
  for (const [object, actions, admin, guest] of table) {
    for (const action of actions) {
      assert.equal(rules.allows('admin', object, action, 'admin'), admin, `admin ${object} ${action}`);
      assert.equal(rules.allows('ann', object, action, 'admin'), admin, `ann ${object} ${action}`);
      assert.equal(rules.allows('gus', object, action, 'admin'), guest, `gus ${object} ${action}`);
      assert.equal(rules.allows('eve', object, action, 'guest'), guest, `eve ${object} ${action}`);
    }
  }
});

const walk = `p, guests, alert, read, allow
p, guests, capture, read, allow
p, guests, topology, read, allow
g, bob, guests
g, alice, guests
p, alice, capture, write, allow
p, bob, topology, read, deny
`;

test('the policy of the documentation', () => {
  const rules = new Rules([...parsePolicy(walk, 'walk'), ...bundledPolicy]);
  const may = (user: string, object: string, action: string) => rules.allows(user, object, action, 'admin');
  assert.equal(may('alice', 'capture', 'write'), true);
  assert.equal(may('bob', 'capture', 'write'), false);
  assert.equal(may('bob', 'topology', 'read'), false);
  assert.equal(may('alice', 'topology', 'read'), true);
  assert.equal(may('alice', 'status', 'read'), false);
  assert.equal(may('carol', 'capture', 'write'), true);
  assert.deepEqual(
    rules.permissions('bob', 'admin').filter(({ Object: object }) => object === 'topology'),
    [{ Object: 'topology', Action: 'read', Allowed: false }],
  );
});

const malformed: readonly [string, RegExp][] = [
  ['p, a, b, c, allow\nq, x, y', /^t, line 2: "q" is neither p nor g/],
  ['\n# fine\np, a, b', /^t, line 3: 2 fields after p/],
  ['p, a, b, c, perhaps', /^t, line 1: "perhaps" is neither allow nor deny/],
  ['g, a', /1 fields after g/],
  ['g, a, b, c', /3 fields after g/],
  ['p, a, , c, allow', /an empty field/],
  ['{"json": true}', /neither p nor g/],
];

for (const [text, message] of malformed) {
  test(`a malformed policy is refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePolicy(text, 't'), { code: 'SKY_E_BAD_REQUEST', message });
  });
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'admin');
const line: fc.Arbitrary<PolicyLine> = fc.oneof(
  fc.record({
    kind: fc.constant('p' as const),
    subject: name,
    object: fc.constantFrom('x', 'y'),
    action: fc.constantFrom('read', 'write'),
    allowed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('g' as const), member: name, role: name }),
);

test('the decisions are the ones of casbin', async () => {
  const model = modelText(configWith());
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom('admin', 'd'),
      async (lines, role) => {
        const [ours, theirs] = [new Rules(lines), await CasbinRules.load(model, lines)];
        for (const user of ['a', 'b', 'c', 'admin', 'nobody']) {
          for (const object of ['x', 'y']) {
            for (const action of ['read', 'write']) {
              assert.equal(
                ours.allows(user, object, action, role),
                theirs.allows(user, object, action, role),
                `${user} ${object} ${action}`,
              );
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a model of the user goes to casbin', async () => {
  const config = configWith({
    'rbac.model.matchers': ['r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act'],
  });
  assert.equal(isDefaultModel(config), false);
  assert.equal(isDefaultModel(configWith()), true);
  const store = await PolicyStore.open(
    configWith({
      ...{ 'rbac.model.matchers': config.getList('rbac.model.matchers') },
      'rbac.policy': ['p, bob, cap*, read, allow'],
    }),
    undefined,
    silentLogger,
  );
  assert.equal(store.allows('bob', 'capture', 'read', 'guest'), true);
  assert.equal(store.allows('bob', 'topology', 'read', 'guest'), false);
});

test('malformed lines of the configuration are refused with their place', async () => {
  await assert.rejects(
    PolicyStore.open(configWith({ 'rbac.policy': ['g, a, b', 'x'] }), undefined, silentLogger),
    {
      code: 'SKY_E_CONFIG',
      message: /rbac\.policy, entry 2/,
    },
  );
});

test('the stored policy is in force at once, is followed, and a malformed one leaves the old one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-policy-'));
  const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));
  t.after(async () => {
    await kv.close();
    await rm(folder, { recursive: true, force: true });
  });
  await kv.set(policyKey, walk);
  const store = await PolicyStore.open(
    configWith({ 'rbac.policy': ['p, dan, topology, read, deny'] }),
    kv,
    silentLogger,
  );
  t.after(() => store.stop());
  const bob = () => store.allows('bob', 'topology', 'read', 'admin');
  assert.equal(bob(), false);
  assert.equal(store.allows('dan', 'topology', 'read', 'admin'), false);
  await kv.set(policyKey, walk.replace('deny', 'allow'));
  await until('the new policy is in force', bob);
  await kv.set(policyKey, `${walk}\nnonsense`);
  await until('the malformed one is refused', () => store.refused !== '');
  assert.match(store.refused, /\/casbinPolicy, line 9: "nonsense" is neither p nor g/);
  assert.equal(bob(), true);
  await kv.set(policyKey, walk);
  await until('the mended one is in force', () => !bob());
  assert.equal(store.refused, '');
  await kv.delete(policyKey);
  await until('without it the bundled one is', bob);
});
