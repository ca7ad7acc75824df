// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, ConfigValue } from '../../config/key.js';
import { Graph } from '../../graph/graph.js';
import { silentLogger } from '../../log/logger.js';
import { TopologyProbes } from './registry.js';

function configOf(values: Readonly<Record<string, ConfigValue>>): Config {
  const get = (key: string) => values[key];
  return {
    get,
    getString: (key) => get(key) as string,
    getInt: (key) => get(key) as number,
    getBool: (key) => get(key) as boolean,
    getList: (key) => get(key) as readonly string[],
    getMap: (key) => get(key) as { readonly [name: string]: ConfigValue },
    isSet: (key) => key in values,
    shown: (key) => get(key),
  };
}

const values = {
  host_id: 'node1',
  'agent.metadata': { info: 'a' },
  'agent.topology.probes': ['ovsdb'],
  'agent.topology.netlink.metrics_update': 30,
  'agent.topology.netns.run_path': '/nonexistent',
  'ovs.ovsdb': 'unix:///nonexistent/db.sock',
  'ovs.enable_stats': false,
};

test('after the start the host, its hardware and its interfaces are in the graph', async () => {
  const graph = new Graph({ host: 'node1', origin: 'agent.node1' });
  const probes = new TopologyProbes({ graph, config: configOf(values), logger: silentLogger });
  await probes.start();
  try {
    const host = graph.lookupFirstNode({ kind: 'term', key: 'Type', value: 'host' })!;
    assert.equal(host.Metadata['Name'], 'node1');
    assert.equal(host.Metadata['info'], 'a');
    assert.equal(host.Metadata['OS'], 'linux');
    assert.ok(graph.children(host.ID).some(({ Metadata }) => Metadata['Name'] === 'lo'));
    const status = probes.status();
    assert.deepEqual(status['netlink'], { Status: 'running' });
    assert.deepEqual(status['hardware'], { Status: 'running' });
    assert.equal(status['ovsdb']!.Status, 'starting');
    assert.match(status['ovsdb']!.Reason!, /nonexistent\/db\.sock/);
  } finally {
    await probes.stop();
  }
  assert.deepEqual(probes.status()['netlink'], { Status: 'stopped' });
});

test('an unknown probe is refused before anything starts', () => {
  const graph = new Graph({ host: 'node1', origin: 'agent.node1' });
  const config = configOf({ ...values, 'agent.topology.probes': ['x'] });
  assert.throws(() => new TopologyProbes({ graph, config, logger: silentLogger }), { code: 'SKY_E_CONFIG' });
  assert.equal(graph.nodeCount, 0);
});
