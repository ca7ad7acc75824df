// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MetadataMap, Node } from '../../src/graph/element.js';
import { Graph } from '../../src/graph/graph.js';
import { v5 } from '../../src/graph/ids.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { NetnsProbe } from '../../src/topology/probes/netns/netns-probe.js';
import { TidMapper } from '../../src/topology/tid.js';
import { eventually } from './eventually.js';
import { requireNamespaces } from './require-namespaces.js';

/** A host of its own: a graph, the probes, and a run path where `ip netns` would mount. */
class Scene {
  readonly graph = new Graph({ host: 'h', origin: 'agent.h' });
  readonly host = this.graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
  readonly warnings: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'skydive-netns-'));
  readonly runPath = join(this.folder, 'netns');
  readonly #logger = { ...silentLogger, warn: (message: string) => this.warnings.push(message) };
  readonly netlink = new NetlinkProbe({ graph: this.graph, logger: this.#logger, metricsUpdateMs: 0 });
  readonly probe = new NetnsProbe({
    graph: this.graph,
    netlink: this.netlink,
    hostNodeId: this.host.ID,
    logger: this.#logger,
    runPath: this.runPath,
    checkMs: 100,
    mountDelaysMs: [10, 20, 40, 80, 160],
  });
  readonly #tids = new TidMapper(this.graph, this.#logger);
  readonly #holders: ChildProcess[] = [];
  readonly #mounts: string[] = [];

  async start(): Promise<void> {
    this.#tids.start();
    this.netlink.start();
    await this.probe.start();
  }

  /** Makes a namespace as `ip netns add` does: a file, then a mount on it. */
  bind(name: string): string {
    mkdirSync(this.runPath, { recursive: true });
    const path = join(this.runPath, name);
    writeFileSync(path, '');
    execFileSync('unshare', [`--net=${path}`, 'true']);
    this.#mounts.push(path);
    return path;
  }

  unbind(path: string): void {
    execFileSync('umount', [path]);
    this.#mounts.splice(this.#mounts.indexOf(path), 1);
    rmSync(path);
  }

  /** A namespace that only a process holds. */
  async hold(): Promise<ChildProcess> {
    const holder = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
    this.#holders.push(holder);
    const own = statSync('/proc/self/ns/net').ino;
    await eventually(() => assert.notEqual(statSync(`/proc/${holder.pid}/ns/net`).ino, own));
    return holder;
  }

  inside(path: string, line: string): void {
    execFileSync('nsenter', [`--net=${path}`, 'ip', ...line.split(' ')]);
  }

  namespaces(): Node[] {
    return this.graph.children(this.host.ID).filter(({ Metadata }) => Metadata['Type'] === 'netns');
  }

  names(): string[] {
    return this.namespaces()
      .map(({ Metadata }) => Metadata['Name'] as string)
      .sort();
  }

  interfaces(name: string): MetadataMap[] {
    const node = this.namespaces().find(({ Metadata }) => Metadata['Name'] === name);
    return node === undefined ? [] : this.graph.children(node.ID).map(({ Metadata }) => Metadata);
  }

  close(): void {
    this.probe.stop();
    this.netlink.stop();
    for (const holder of this.#holders) holder.kill('SIGKILL');
    for (const path of this.#mounts) execFileSync('umount', [path]);
    rmSync(this.folder, { recursive: true });
  }
}

function inScene(name: string, act: (scene: Scene) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async (t) => {
    if (!requireNamespaces(t)) return;
    const scene = new Scene();
    try {
      await act(scene);
    } finally {
      scene.close();
    }
  });
}

inScene('a bound namespace has a node with its interfaces, and none when it is gone', async (scene) => {
  const early = scene.bind('early');
  await scene.start();
  const late = scene.bind('late');
  await eventually(() => {
    assert.deepEqual(scene.names(), ['early', 'late']);
    assert.deepEqual(
      scene.interfaces('late').map((metadata) => metadata['Name']),
      // Some kernels give a namespace more than the loopback.
      scene.interfaces('early').map((metadata) => metadata['Name']),
    );
    assert.ok(scene.interfaces('late').some((metadata) => metadata['Name'] === 'lo'));
  });
  const { Metadata } = scene.namespaces().find((node) => node.Metadata['Name'] === 'late')!;
  const file = statSync(late);
  assert.equal(Metadata['Path'], late);
  assert.equal(Metadata['Inode'], file.ino);
  assert.equal(Metadata['Device'], file.dev);
  assert.equal(Metadata['TID'], v5(`${v5('h')}${late}netns`));
  assert.equal(Metadata['Manager'], undefined);
  scene.unbind(early);
  await eventually(() => assert.deepEqual(scene.names(), ['late']));
  scene.unbind(late);
  await eventually(() => assert.equal(scene.graph.nodeCount, 1));
});

inScene('the folder may come after the probe, go and come again', async (scene) => {
  await scene.start();
  const path = scene.bind('one');
  await eventually(() => assert.deepEqual(scene.names(), ['one']));
  scene.unbind(path);
  rmSync(scene.runPath, { recursive: true });
  await eventually(() => assert.deepEqual(scene.names(), []));
  scene.bind('two');
  await eventually(() => assert.deepEqual(scene.names(), ['two']));
});

inScene('a namespace that only a process holds goes with the process', async (scene) => {
  await scene.start();
  const holder = await scene.hold();
  const node = await scene.probe.register(`/proc/${holder.pid}/ns/net`, 'web', { Manager: 'docker' });
  assert.equal(node.Metadata['Name'], 'web');
  assert.equal(node.Metadata['Manager'], 'docker');
  await eventually(() => assert.ok(scene.interfaces('web').some((metadata) => metadata['Name'] === 'lo')));
  holder.kill('SIGKILL');
  await eventually(() => assert.deepEqual(scene.names(), []));
});

inScene('a link in the run path to the namespace of a process counts as one', async (scene) => {
  await scene.start();
  const holder = await scene.hold();
  mkdirSync(scene.runPath, { recursive: true });
  symlinkSync(`/proc/${holder.pid}/ns/net`, join(scene.runPath, 'linked'));
  await eventually(() => assert.deepEqual(scene.names(), ['linked']));
  holder.kill('SIGKILL');
  await eventually(() => assert.deepEqual(scene.names(), []));
});

inScene('one namespace under two paths is one node, until the last path goes', async (scene) => {
  const path = scene.bind('shared');
  await scene.start();
  await eventually(() => assert.deepEqual(scene.names(), ['shared']));
  const holder = spawn('nsenter', [`--net=${path}`, 'sleep', '600'], { stdio: 'ignore' });
  try {
    const proc = `/proc/${holder.pid}/ns/net`;
    await eventually(() => assert.equal(statSync(proc).ino, statSync(path).ino));
    const again = await scene.probe.register(proc, 'other');
    assert.equal(again.ID, scene.namespaces()[0]!.ID);
    assert.deepEqual(scene.names(), ['shared']);
    scene.unbind(path);
    scene.probe.check();
    assert.deepEqual(scene.names(), ['shared']);
  } finally {
    holder.kill('SIGKILL');
  }
  await eventually(() => assert.deepEqual(scene.names(), []));
});

inScene('the namespace of the agent itself is the host', async (scene) => {
  await scene.start();
  const node = await scene.probe.register('/proc/self/ns/net');
  assert.equal(node.ID, scene.host.ID);
  scene.probe.unregister('/proc/self/ns/net');
  assert.notEqual(scene.graph.getNode(scene.host.ID), undefined);
});

inScene('a name that is given to another namespace becomes another node', async (scene) => {
  await scene.start();
  const first = scene.bind('name');
  await eventually(() => assert.deepEqual(scene.names(), ['name']));
  const before = scene.namespaces()[0]!;
  scene.unbind(first);
  const second = scene.bind('name');
  await eventually(() => {
    assert.deepEqual(scene.names(), ['name']);
    assert.equal(scene.namespaces()[0]!.Metadata['Inode'], statSync(second).ino);
  });
  assert.notEqual(scene.namespaces()[0]!.ID, before.ID);
});

inScene('a plain file is no namespace, and others are not kept by it', async (scene) => {
  mkdirSync(scene.runPath);
  writeFileSync(join(scene.runPath, 'plain'), '');
  await scene.start();
  scene.bind('real');
  await eventually(() => assert.deepEqual(scene.names(), ['real']));
  await assert.rejects(scene.probe.register('/proc/version', 'x'), { code: 'SKY_E_PROBE' });
  assert.deepEqual(scene.names(), ['real']);
});

inScene('interfaces move between namespaces and to the peer of a pair', async (scene) => {
  const one = scene.bind('one');
  const two = scene.bind('two');
  await scene.start();
  await eventually(() => assert.deepEqual(scene.names(), ['one', 'two']));
  scene.inside(one, 'link add name va index 60 type veth peer name vb index 61');
  const find = (owner: string, name: string) =>
    scene.interfaces(owner).find((metadata) => metadata['Name'] === name);
  await eventually(() => assert.ok(find('one', 'vb')));
  const stays = find('one', 'va')!['TID'];
  const holder = spawn('nsenter', [`--net=${two}`, 'sleep', '600'], { stdio: 'ignore' });
  try {
    await eventually(() => assert.equal(statSync(`/proc/${holder.pid}/ns/net`).ino, statSync(two).ino));
    scene.inside(one, `link set vb netns ${holder.pid}`);
  } finally {
    holder.kill('SIGKILL');
  }
  await eventually(() => {
    assert.equal(find('one', 'vb'), undefined);
    assert.ok(find('two', 'vb'));
    assert.equal(find('one', 'va')!['LinkNetNsName'], 'two');
    assert.equal(find('one', 'va')!['TID'], stays);
    const pairs = [...scene.graph.edges()].filter(({ Metadata }) => Metadata['Type'] === 'veth');
    assert.equal(pairs.length, 1);
  });
});
