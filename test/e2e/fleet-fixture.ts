// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEdge, decodeNode } from '../../src/graph/codec.js';
import { Graph } from '../../src/graph/graph.js';
import { eventually } from '../netns/eventually.js';
import { graphState, kernelState } from '../netns/kernel-truth.js';
import { RandomSteps, type SteppedPlace } from '../netns/random-steps.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { graphPairs, kernelPairs } from '../netns/veth-pairs.js';
import { Host, type Service } from './allinone-fixture.js';

const nestedPerHost = 3;
const startMs = 20_000;

/** A host with an agent, and what is nested in it: its own namespace is the first place. */
export interface AgentHost {
  readonly host: Host;
  readonly places: readonly SteppedPlace[];
}

interface Answer {
  readonly Nodes: readonly unknown[];
  readonly Edges: readonly unknown[] | null;
}

/** Two hosts with agents and one with the analyzer, each a network namespace, joined by veth pairs. */
export class Fleet {
  readonly analyzer = new Host('analyzer');
  readonly agents: AgentHost[] = [];
  readonly #services = new Map<Host, Service>();
  readonly #mounts: string[] = [];
  readonly #nested: ScratchNamespace[] = [];

  async up(random: (below: number) => number): Promise<this> {
    await this.analyzer.up();
    for (const [at, id] of ['host-a', 'host-b'].entries()) {
      const host = new Host(id, { SKYDIVE_ANALYZERS: `10.99.${at}.1:8082` });
      const places: SteppedPlace[] = [{ namespace: host.network, steps: new RandomSteps(random, `${at}h`) }];
      this.agents.push({ host, places });
      await host.up();
      await this.#connect(host, at);
      mkdirSync(host.runPath);
      for (let count = 0; count < nestedPerHost; count += 1) {
        const namespace = new ScratchNamespace('flee');
        this.#nested.push(namespace);
        places.push({ namespace, steps: new RandomSteps(random, `${at}n${count}`) });
        this.#bind(host, namespace);
        for (const line of [
          'link set lo up',
          'link add br0 type bridge',
          'link add v0 type veth peer name v1',
          'link add mv0 link v0 type macvlan mode bridge',
          'link add vx0 type vxlan id 42 dev v0 group 239.1.1.1 dstport 4789',
          'link set v1 master br0',
          'link set v0 up',
          'link set v1 up',
        ]) {
          await namespace.do(line);
        }
      }
    }
    return this;
  }

  get hosts(): readonly Host[] {
    return [this.analyzer, ...this.agents.map(({ host }) => host)];
  }

  start(host: Host): void {
    const args = host === this.analyzer ? ['analyzer', '--listen', '0.0.0.0:8082'] : ['agent'];
    this.#services.set(host, host.start(...args));
  }

  /** kill -9, and waits until it is gone. */
  async kill(host: Host): Promise<void> {
    const service = this.#services.get(host);
    service?.kill('SIGKILL');
    await service?.exit;
  }

  /** The analyzer's graph. */
  async graph(context = 'G'): Promise<Graph> {
    const graph = new Graph({ host: 'test', origin: 'test' });
    const [answer] = (await this.analyzer.query(context)) as [Answer];
    for (const node of answer.Nodes) graph.applyNodeAdded(decodeNode(node));
    for (const edge of answer.Edges ?? []) graph.applyEdgeAdded(decodeEdge(edge));
    return graph;
  }

  /** Resolves once the analyzer's graph is what the kernel says of every namespace, and nothing else. */
  async settled(when: string, deadlineMs: number): Promise<Graph> {
    let graph: Graph | undefined;
    await eventually(async () => {
      graph = await this.#assertTrue(when);
    }, deadlineMs);
    return graph!;
  }

  /** As `settled`, with time for the processes to start. */
  started(): Promise<Graph> {
    return this.settled('at the start', startMs);
  }

  async #assertTrue(when: string): Promise<Graph> {
    const graph = await this.graph();
    let count = 0;
    for (const { host, places } of this.agents) {
      const [node] = [...graph.nodes()].filter(
        ({ Metadata }) => Metadata['Type'] === 'host' && Metadata['Name'] === host.id,
      );
      assert.ok(node, `${when}: ${host.id}`);
      const namespaces = graph.children(node.ID).filter(({ Metadata }) => Metadata['Type'] === 'netns');
      const owned = places.map(({ namespace, steps }, at) => {
        if (at === 0) return { namespace, steps, nodeId: node.ID };
        const own = namespaces.find(({ Metadata }) => Metadata['Name'] === namespace.name);
        assert.ok(own, `${when}: ${namespace.name} on ${host.id}`);
        return { namespace, steps, nodeId: own.ID };
      });
      const states = await Promise.all(owned.map(({ namespace }) => kernelState(namespace)));
      for (const [at, { nodeId }] of owned.entries()) {
        assert.deepEqual(graphState(graph, nodeId), states[at], `${when}, ${host.id}, place ${at}`);
      }
      const pairs = await kernelPairs(owned, states, this.analyzer.network.name);
      assert.deepEqual(graphPairs(graph, owned), pairs, `${when}, ${host.id}: pairs`);
      count += states.reduce((sum, { size }) => sum + size, owned.length);
    }
    assert.equal(graph.nodeCount, count, `${when}: nodes that nobody owns`);
    return graph;
  }

  remove(): void {
    for (const mount of this.#mounts) execFileSync('umount', [mount]);
    for (const namespace of this.#nested) namespace.remove();
    for (const host of this.hosts) host.remove();
  }

  async #connect(host: Host, at: number): Promise<void> {
    const [near, far] = [host.network, this.analyzer.network];
    await far.do(`link add to${at} type veth peer name uplink netns ${near.name}`);
    await far.do(`addr add 10.99.${at}.1/24 dev to${at}`);
    await near.do(`addr add 10.99.${at}.2/24 dev uplink`);
    await far.do(`link set to${at} up`);
    await near.do('link set uplink up');
  }

  #bind(host: Host, namespace: ScratchNamespace): void {
    const path = join(host.runPath, namespace.name);
    writeFileSync(path, '');
    execFileSync('mount', ['--bind', namespace.path, path]);
    this.#mounts.push(path);
  }
}
