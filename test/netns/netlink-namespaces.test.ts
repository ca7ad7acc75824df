// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { MetadataMap, Node } from '../../src/graph/element.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe, type Registration } from '../../src/topology/probes/netlink/netlink-probe.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

interface Followed {
  readonly namespace: ScratchNamespace;
  readonly node: Node;
  readonly registration: Registration;
}

class Scene {
  readonly graph = new Graph({ host: 'h', origin: 'agent.h' });
  readonly probe = new NetlinkProbe({ graph: this.graph, logger: silentLogger, metricsUpdateMs: 0 });
  readonly namespaces: ScratchNamespace[] = [];

  async follow(): Promise<Followed> {
    const namespace = new ScratchNamespace();
    this.namespaces.push(namespace);
    const node = this.graph.addNode({
      Metadata: { Name: namespace.name, Type: 'netns', Path: namespace.path },
    });
    const registration = this.probe.register({ path: namespace.path }, node.ID);
    await registration.synced;
    return { namespace, node, registration };
  }

  find(owner: Followed, name: string): Node | undefined {
    return this.graph.children(owner.node.ID).find(({ Metadata }) => Metadata['Name'] === name);
  }

  node(owner: Followed, name: string): Node {
    const found = this.find(owner, name);
    assert.ok(found !== undefined, `${name} is not below ${owner.namespace.name}`);
    return found;
  }

  close(): void {
    this.probe.stop();
    for (const namespace of this.namespaces) namespace.remove();
  }
}

function inScene(name: string, act: (scene: Scene) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async (t: TestContext) => {
    if (!requireNamespaces(t)) return;
    const scene = new Scene();
    scene.probe.start();
    try {
      await act(scene);
    } finally {
      scene.close();
    }
  });
}

inScene('ends of a veth with equal indexes in two namespaces are one pair', async (scene) => {
  const one = await scene.follow();
  const two = await scene.follow();
  const other = await scene.follow();
  // A veth with the same index in a third namespace must not be taken for the peer.
  await other.namespace.do('link add name vx index 40 type veth peer name vy index 41');
  await one.namespace.do(
    `link add name va index 40 type veth peer name vb index 40 netns ${two.namespace.name}`,
  );
  await eventually(() => {
    const a = scene.node(one, 'va');
    const b = scene.node(two, 'vb');
    const edges = scene.graph.edgesOf(a.ID, { kind: 'term', key: 'RelationType', value: 'layer2' });
    assert.equal(edges.length, 1);
    assert.deepEqual([edges[0]!.Parent, edges[0]!.Child].sort(), [a.ID, b.ID].sort());
    assert.equal(edges[0]!.Metadata['Type'], 'veth');
    assert.equal(a.Metadata['LinkNetNsName'], two.namespace.name);
    assert.equal(b.Metadata['LinkNetNsName'], one.namespace.name);
    assert.equal(a.Metadata['PeerIfIndex'], 40);
  });
});

inScene('a namespace that is registered late still gets its pairs', async (scene) => {
  const one = await scene.follow();
  const late = new ScratchNamespace();
  scene.namespaces.push(late);
  await one.namespace.do(`link add va type veth peer name vb netns ${late.name}`);
  await eventually(() => assert.equal(scene.node(one, 'va').Metadata['LinkNetNsName'], ''));
  const node = scene.graph.addNode({ Metadata: { Name: 'late', Type: 'netns', Path: late.path } });
  const registration = scene.probe.register({ path: late.path }, node.ID);
  await registration.synced;
  const two = { namespace: late, node, registration };
  await eventually(() => {
    assert.equal(scene.node(one, 'va').Metadata['LinkNetNsName'], 'late');
    assert.ok(scene.graph.areLinked(scene.node(one, 'va').ID, scene.node(two, 'vb').ID));
  });
});

inScene(
  'an interface that moves is a new node in the other namespace, and its pair follows',
  async (scene) => {
    const one = await scene.follow();
    const two = await scene.follow();
    // The index is taken in the other namespace, so the kernel gives a new one and tells the peer nothing.
    await two.namespace.do('link add name taken index 51 type bridge');
    await one.namespace.do('link add name va index 50 type veth peer name vb index 51');
    await eventually(() => {
      const peer = scene.graph.edgesOf(scene.node(one, 'va').ID, {
        kind: 'term',
        key: 'Type',
        value: 'veth',
      });
      assert.deepEqual(
        peer.map(({ Parent, Child }) => [Parent, Child]),
        [[scene.node(one, 'vb').ID, scene.node(one, 'va').ID]],
      );
    });
    const before = scene.node(one, 'vb').ID;
    await one.namespace.do(`link set vb netns ${two.namespace.name}`);
    await eventually(() => {
      assert.equal(scene.find(one, 'vb'), undefined);
      const moved = scene.node(two, 'vb');
      assert.notEqual(moved.ID, before);
      assert.notEqual(moved.Metadata['IfIndex'], 51);
      assert.ok(scene.graph.areLinked(scene.node(one, 'va').ID, moved.ID));
    });
  },
);

inScene('metrics count what went through an interface since the last sample', async (scene) => {
  const one = await scene.follow();
  const two = await scene.follow();
  await one.namespace.do(`link add va type veth peer name vb netns ${two.namespace.name}`);
  await one.namespace.do('addr add 10.77.0.1/24 dev va');
  await one.namespace.do('neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev va nud permanent');
  await one.namespace.do('link set va up');
  await two.namespace.do('link set vb up');
  await eventually(() => assert.equal(scene.node(one, 'va').Metadata['State'], 'UP'));
  const send = `const s = require('node:dgram').createSocket('udp4'); let left = 100;
    const one = () => s.send(Buffer.alloc(1000), 9, '10.77.0.2', () => (--left ? one() : s.close())); one();`;
  execFileSync('ip', ['netns', 'exec', one.namespace.name, process.execPath, '-e', send]);
  scene.probe.sample();
  await eventually(() => {
    for (const [owner, name, packets, bytes] of [
      [one, 'va', 'TxPackets', 'TxBytes'],
      [two, 'vb', 'RxPackets', 'RxBytes'],
    ] as const) {
      const metadata = scene.node(owner, name).Metadata;
      const last = metadata['LastUpdateMetric'] as MetadataMap;
      assert.ok((last[packets] as number) >= 100);
      assert.ok((last[bytes] as number) >= 100_000);
      assert.ok((last['Last'] as number) >= (last['Start'] as number));
      assert.equal((metadata['Metric'] as MetadataMap)['Last'], last['Last']);
    }
  });
});

inScene('features and driver of an interface are those of ethtool', async (scene) => {
  const one = await scene.follow();
  await one.namespace.do('link add name br0 type bridge');
  await eventually(() => {
    const { Metadata } = scene.node(one, 'br0');
    assert.equal(Metadata['Driver'], 'bridge');
    assert.equal((Metadata['Features'] as MetadataMap)['highdma'], true);
  });
});

inScene('an unregistered namespace leaves nothing behind, others go on', async (scene) => {
  const one = await scene.follow();
  const two = await scene.follow();
  await one.namespace.do(`link add va type veth peer name vb netns ${two.namespace.name}`);
  await eventually(() =>
    assert.ok(scene.graph.areLinked(scene.node(one, 'va').ID, scene.node(two, 'vb').ID)),
  );
  assert.equal(scene.probe.unregister(two.registration.id), true);
  assert.equal(scene.probe.unregister(two.registration.id), false);
  assert.deepEqual(scene.graph.children(two.node.ID), []);
  await one.namespace.do('link add vc type bridge');
  await eventually(() => {
    assert.equal(scene.node(one, 'va').Metadata['LinkNetNsName'], '');
    scene.node(one, 'vc');
  });
});

inScene('a namespace may be given by a process in it', async (scene) => {
  const namespace = new ScratchNamespace();
  scene.namespaces.push(namespace);
  await namespace.do('link add name br0 type bridge');
  const holder = spawn('nsenter', [`--net=${namespace.path}`, 'sleep', '600'], { stdio: 'ignore' });
  try {
    const { ino } = statSync(namespace.path);
    await eventually(() => assert.equal(statSync(`/proc/${holder.pid}/ns/net`).ino, ino));
    const node = scene.graph.addNode({ Metadata: { Name: 'p', Type: 'netns' } });
    const registration = scene.probe.register({ pid: holder.pid! }, node.ID);
    await registration.synced;
    assert.equal(registration.inode, ino);
    scene.node({ namespace, node, registration }, 'br0');
  } finally {
    holder.kill('SIGKILL');
  }
});

inScene('a hundred namespaces need one thread and are all followed', async (scene) => {
  const before = threads();
  const all: Followed[] = [];
  for (let count = 0; count < 100; count += 1) all.push(await scene.follow());
  assert.equal(threads(), before);
  await Promise.all(all.map(({ namespace }) => namespace.do('link add vx type bridge')));
  await eventually(() => {
    for (const one of all) scene.node(one, 'vx');
  });
});

function threads(): number {
  return Number(
    execFileSync('sh', ['-c', `ls /proc/${process.pid}/task | wc -l`], { encoding: 'utf8' }).trim(),
  );
}
