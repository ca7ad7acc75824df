// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlinkProbe.js';
import { eventually } from './eventually.js';
import { graphState, kernelState } from './kernelTruth.js';
import { requireNamespaces } from './requireNamespaces.js';
import { ScratchNamespace } from './scratchNamespace.js';

const seed = Number(process.env['SKYDIVE_TEST_SEED'] ?? Date.now() % 1_000_000);
const steps = Number(process.env['SKYDIVE_TEST_STEPS'] ?? 500);

/** mulberry32: small, and the same everywhere. */
function generator(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Random commands for `ip`; many of them fail, which is as good. */
class Steps {
  readonly #random: (below: number) => number;
  #links: string[] = [];
  #count = 0;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)]!;
  }

  #hex(): string {
    return this.#random(256).toString(16).padStart(2, '0');
  }

  #name(prefix: string): string {
    const name = `${prefix}${++this.#count}`;
    this.#links.push(name);
    return name;
  }

  #ip4(): string {
    return `10.${this.#random(4)}.${this.#random(4)}.${1 + this.#random(250)}`;
  }

  #ip6(): string {
    return `fd00:${this.#random(4)}::${1 + this.#random(250)}`;
  }

  #add(): string {
    const lower = this.#links.length > 0 ? this.#pick(this.#links) : 'lo';
    switch (this.#random(7)) {
      case 0:
        return `link add ${this.#name('ve')} type veth peer name ${this.#name('vp')}`;
      case 1:
        return `link add ${this.#name('br')} type bridge`;
      case 2:
        return `link add ${this.#name('mv')} link ${lower} type macvlan mode bridge`;
      case 3:
        return `link add ${this.#name('vx')} type vxlan id ${1 + this.#random(1000)} remote ${this.#ip4()} dstport 4789`;
      case 4:
        return `tuntap add dev ${this.#name('tu')} mode tun`;
      case 5:
        return `tuntap add dev ${this.#name('ta')} mode tap`;
      default:
        return `link add ${this.#name('vx')} type vxlan id ${1 + this.#random(1000)} dev ${lower} group 239.1.1.1 dstport 4790`;
    }
  }

  next(): string {
    if (this.#links.length < 4) return this.#add();
    const link = this.#pick(this.#links);
    switch (this.#random(18)) {
      case 0:
      case 1:
        return this.#links.length < 40 ? this.#add() : `link set ${link} down`;
      case 2:
        this.#links = this.#links.filter((name) => name !== link);
        return `link del ${link}`;
      case 3: {
        const renamed = this.#name('rn');
        this.#links = this.#links.filter((name) => name !== link);
        return `link set ${link} name ${renamed}`;
      }
      case 4:
      case 5:
        return `link set ${link} up`;
      case 6:
        return `link set ${link} down`;
      case 7:
        return `link set ${link} mtu ${1280 + this.#random(200)}`;
      case 8:
        return `link set ${link} master ${this.#links.find((name) => name.startsWith('br')) ?? 'lo'}`;
      case 9:
        return `link set ${link} nomaster`;
      case 10:
        return `link set ${link} address 02:${this.#hex()}:${this.#hex()}:${this.#hex()}:00:01`;
      case 11:
        return `addr add ${this.#ip4()}/${this.#pick([16, 24, 32])} dev ${link}`;
      case 12:
        return `addr add ${this.#ip6()}/64 dev ${link} nodad`;
      case 13:
        return this.#random(2) === 0 ? `addr flush dev ${link}` : `neigh flush dev ${link} nud all`;
      case 14:
        return `neigh replace ${this.#random(2) === 0 ? this.#ip4() : this.#ip6()} lladdr 02:00:00:00:00:${this.#hex()} dev ${link} nud ${this.#pick(['permanent', 'stale', 'reachable'])}`;
      case 15:
        return `route replace ${this.#pick(['default', '192.168.0.0/16', '172.16.1.0/24'])} dev ${link} table ${this.#pick([254, 100, 1000])} metric ${this.#random(3)}`;
      case 16:
        return `route add 172.20.${this.#random(4)}.0/24 nexthop dev ${link} nexthop dev ${this.#pick(this.#links)}`;
      default:
        return this.#random(2) === 0
          ? `route replace ${this.#pick(['default', 'fd10::/32'])} via ${this.#ip6()} dev ${link}`
          : `route del ${this.#pick(['default', '192.168.0.0/16', '172.20.1.0/24'])}`;
    }
  }
}

interface Scene {
  readonly namespace: ScratchNamespace;
  readonly graph: Graph;
  readonly probe: NetlinkProbe;
  readonly hostId: string;
}

async function withScene(
  t: TestContext,
  receiveBytes: number | undefined,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  if (!requireNamespaces(t)) return;
  t.diagnostic(`SKYDIVE_TEST_SEED=${seed}`);
  const namespace = new ScratchNamespace();
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const probe = new NetlinkProbe({
    graph,
    logger: { ...silentLogger, error: (message) => assert.fail(message) },
    metricsUpdateMs: 500,
    ...(receiveBytes !== undefined && { receiveBytes }),
  });
  try {
    await namespace.do('link set lo up');
    const host = graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
    probe.start();
    await probe.register({ path: namespace.path }, host.ID).synced;
    await act({ namespace, graph, probe, hostId: host.ID });
  } finally {
    probe.stop();
    namespace.remove();
  }
}

/** The graph has exactly the interfaces of the kernel, each with its state, and an edge for each master and pair. */
async function assertTrue({ namespace, graph, hostId }: Scene, when: string): Promise<void> {
  await eventually(async () => {
    const kernel = await kernelState(namespace);
    assert.deepEqual(graphState(graph, hostId), kernel, `seed ${seed}, ${when}`);
    assert.equal(graph.nodeCount, kernel.size + 1, `seed ${seed}, ${when}: nodes that nobody owns`);
    const links = new Set(
      [...graph.edges()]
        .filter(({ Metadata }) => Metadata['RelationType'] === 'layer2')
        .map(({ Parent, Child }) => {
          const end = (id: string) => graph.getNode(id)!.Metadata['IfIndex'] as number;
          return `${end(Parent)}>${end(Child)}`;
        }),
    );
    const expected = [...kernel].flatMap(([index, { masterIndex, parentIndex, type }]) => [
      ...(masterIndex === undefined ? [] : [`${masterIndex}>${index}`]),
      ...(type === 'veth' && parentIndex !== undefined && parentIndex > index
        ? [`${parentIndex}>${index}`]
        : []),
    ]);
    assert.deepEqual([...links].sort(), [...new Set(expected)].sort(), `seed ${seed}, ${when}: edges`);
  }, 2000);
}

test('after random steps the graph equals the kernel', { timeout: 120_000 }, async (t) => {
  await withScene(t, undefined, async (scene) => {
    const random = new Steps(generator(seed));
    let done = 0;
    for (let step = 1; step <= steps; step += 1) {
      const line = random.next();
      await scene.namespace.do(line).then(
        () => {
          done += 1;
        },
        () => undefined,
      );
      if (step % 50 === 0) await assertTrue(scene, `step ${step} (${line})`);
    }
    await assertTrue(scene, 'at the end');
    assert.ok(steps < 100 || done > steps / 3, `only ${done} of ${steps} steps did something`);
    assert.equal(scene.probe.counters().overruns, 0);
  });
});

test('after an overrun of the netlink buffer the graph equals the kernel', {
  timeout: 120_000,
}, async (t) => {
  await withScene(t, 4096, async (scene) => {
    const random = new Steps(generator(seed + 1));
    for (let round = 1; round <= 5; round += 1) {
      const before = scene.probe.counters().overruns;
      scene.probe.pause(true);
      // Random steps may all fail: these cannot, and are more than the buffer holds.
      const certain = Array.from({ length: 60 }, (_, at) => `addr add 10.9.${round}.${at}/32 dev lo`);
      scene.namespace.batch([...certain, ...Array.from({ length: 100 }, () => random.next())]);
      scene.probe.pause(false);
      await assertTrue(scene, `overrun ${round}`);
      await eventually(() => assert.ok(scene.probe.counters().overruns > before, 'no overrun was forced'));
    }
  });
});
