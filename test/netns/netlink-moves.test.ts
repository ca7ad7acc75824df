// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { eventually } from './eventually.js';
import { graphState, type InterfaceState, kernelState } from './kernel-truth.js';
import { generator, RandomSteps } from './random-steps.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const seed = Number(process.env['SKYDIVE_TEST_SEED'] ?? Date.now() % 1_000_000);
const steps = Number(process.env['SKYDIVE_TEST_STEPS'] ?? 300);

interface Place {
  readonly namespace: ScratchNamespace;
  readonly nodeId: string;
  readonly random: RandomSteps;
}

/** Pairs of veth ends as the kernel tells them: `<place>/<index>` of both ends, sorted. */
async function kernelPairs(
  places: readonly Place[],
  states: readonly Map<number, InterfaceState>[],
): Promise<string[]> {
  const pairs = new Set<string>();
  for (const [at, { namespace }] of places.entries()) {
    const ids = await namespace.json<{ nsid: number; name?: string }>('netns', 'list-id');
    for (const [index, { type, parentIndex, netNsId }] of states[at]!) {
      if (type !== 'veth' || parentIndex === undefined) continue;
      const name = netNsId === undefined ? namespace.name : ids.find(({ nsid }) => nsid === netNsId)?.name;
      const other = places.findIndex((place) => place.namespace.name === name);
      assert.ok(other >= 0, `the namespace of the peer of ${index} in ${namespace.name}`);
      pairs.add([`${at}/${index}`, `${other}/${parentIndex}`].sort().join(' '));
    }
  }
  return [...pairs].sort();
}

function graphPairs(graph: Graph, places: readonly Place[]): string[] {
  const where = new Map(
    places.flatMap(({ nodeId }, at) =>
      graph.children(nodeId).map(({ ID, Metadata }) => [ID, `${at}/${Metadata['IfIndex']}`] as const),
    ),
  );
  return [...graph.edges()]
    .filter(({ Metadata }) => Metadata['Type'] === 'veth')
    .map(({ Parent, Child }) => [where.get(Parent), where.get(Child)].sort().join(' '))
    .sort();
}

test('after random steps and moves in three namespaces the graph equals each', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  t.diagnostic(`SKYDIVE_TEST_SEED=${seed}`);
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const logger = { ...silentLogger, error: (message: string) => assert.fail(message) };
  const probe = new NetlinkProbe({ graph, logger, metricsUpdateMs: 500 });
  const random = generator(seed);
  const places: Place[] = [];
  try {
    probe.start();
    for (const label of ['a', 'b', 'c']) {
      const namespace = new ScratchNamespace();
      const { ID } = graph.addNode({ Metadata: { Name: namespace.name, Type: 'netns' } });
      places.push({ namespace, nodeId: ID, random: new RandomSteps(random, label) });
      await probe.register({ path: namespace.path }, ID).synced;
    }
    for (let step = 1; step <= steps; step += 1) {
      const place = places[random(places.length)]!;
      const other = places[random(places.length)]!;
      const choice = random(6);
      const moved = choice === 0 ? place.random.take() : undefined;
      let line: string;
      if (moved !== undefined) {
        line = `link set ${moved} netns ${other.namespace.name}`;
        other.random.give(moved);
      } else if (choice === 1) {
        const index = 500 + random(40);
        line = `link add name ${place.random.newName('ve')} index ${index} type veth peer name ${other.random.newName('vp')} index ${index} netns ${other.namespace.name}`;
      } else {
        line = place.random.next();
      }
      await place.namespace.do(line).catch(() => undefined);
      if (step % 30 !== 0 && step !== steps) continue;
      await eventually(async () => {
        const when = `seed ${seed}, step ${step} (${line})`;
        const states = await Promise.all(places.map(({ namespace }) => kernelState(namespace)));
        for (const [at, { nodeId }] of places.entries()) {
          assert.deepEqual(graphState(graph, nodeId), states[at], `${when}, place ${at}`);
        }
        assert.deepEqual(graphPairs(graph, places), await kernelPairs(places, states), `${when}: pairs`);
        const count = states.reduce((sum, { size }) => sum + size, places.length);
        assert.equal(graph.nodeCount, count, `${when}: nodes that nobody owns`);
      }, 2000);
    }
  } finally {
    probe.stop();
    for (const { namespace } of places) namespace.remove();
  }
});
