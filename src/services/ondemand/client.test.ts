// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import type { MetadataMap } from '../../graph/element.js';
import { Graph } from '../../graph/graph.js';
import { silentLogger } from '../../log/logger.js';
import type { Clock } from '../../wire/clock.js';
import { decodeJson } from '../../wire/codec-json.js';
import type { Outgoing } from '../../wire/outgoing.js';
import { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';
import type { KvResourceHandler } from '../resources/kv-resource.js';
import { OnDemandClient } from './client.js';

interface Wanted {
  readonly UUID: string;
  /** Name of the nodes it wants, or `!` and what its query throws. */
  readonly on: string;
}

interface Message {
  readonly Namespace: string;
  readonly Type: string;
  readonly UUID: string;
  readonly Obj: { readonly NodeID: string; readonly Resource: Wanted };
}

/** The connection of a host, and all that was sent to it. */
class FakeSpeaker {
  readonly sent: Message[] = [];
  readonly peer: { readonly host: string };
  readonly name: string;

  constructor(host: string) {
    this.peer = { host };
    this.name = host;
  }

  send(message: Outgoing): boolean {
    this.sent.push(JSON.parse(String(message.encode('json'))) as Message);
    return true;
  }

  /** `Start n1 c1`, and forgets it. */
  take(): string[] {
    return this.sent
      .splice(0)
      .map(({ Type, Obj }) =>
        Obj.NodeID === undefined
          ? `${Type} ${(Obj as unknown as Wanted).UUID}`
          : `${Type} ${Obj.NodeID} ${Obj.Resource.UUID}`,
      );
  }
}

/** The resources of the store: what is put and taken there, whoever is told. */
class FakeResources {
  readonly stored_ = new Map<string, Wanted>();
  handler: KvResourceHandler<Wanted> | undefined;
  unreachable = false;

  async watch(handler: KvResourceHandler<Wanted>): Promise<() => void> {
    for (const resource of this.stored_.values()) handler.put(resource);
    this.handler = handler;
    return () => {
      this.handler = undefined;
    };
  }

  async stored(id: string): Promise<Wanted | undefined> {
    if (this.unreachable) throw new SkydiveError('SKY_E_STORE', 'the store is away');
    return this.stored_.get(id);
  }

  put(UUID: string, on: string): void {
    this.stored_.set(UUID, { UUID, on });
    this.handler?.put({ UUID, on });
  }

  delete(UUID: string): void {
    const resource = this.stored_.get(UUID)!;
    this.stored_.delete(UUID);
    this.handler?.gone(resource);
  }
}

class FakeElection {
  isMaster = true;
  readonly #listeners = new Set<(state: 'master' | 'slave') => void>();

  on(listener: (state: 'master' | 'slave') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(state: 'master' | 'slave'): void {
    this.isMaster = state === 'master';
    for (const listener of this.#listeners) listener(state);
  }
}

/** A graph with nodes `n1` (on h1) and `n2` (on h2), both called `eth0`, and both agents connected. */
async function scene(
  options: { master?: boolean; before?: (resources: FakeResources, graph: Graph) => void } = {},
) {
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  const add = (ID: string, Host: string, metadata: MetadataMap = {}) =>
    graph.addNode({ ID, Host, Metadata: { Name: 'eth0', Type: 'device', ...metadata } });
  const resources = new FakeResources();
  const election = new FakeElection();
  election.isMaster = options.master ?? true;
  const agents = new Pool();
  const subscribers = new Pool();
  const h1 = new FakeSpeaker('h1');
  const h2 = new FakeSpeaker('h2');
  const subscriber = new FakeSpeaker('sub');
  const asSpeaker = (speaker: FakeSpeaker) => speaker as unknown as Speaker;
  for (const speaker of [h1, h2]) agents.add(asSpeaker(speaker));
  subscribers.add(asSpeaker(subscriber));
  let timers: (() => void)[] = [];
  let nowMs = 0;
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after(ms, run) {
      pauses.push(ms);
      timers.push(run);
      return { stop: () => (timers = timers.filter((other) => other !== run)) };
    },
    every: () => ({ stop() {} }),
  };
  const warnings: string[] = [];
  let selections = 0;
  const shows = (metadata: MetadataMap, id: string) =>
    ((metadata['Captures'] ?? []) as readonly MetadataMap[]).some(({ ID }) => ID === id);
  const client = new OnDemandClient<Wanted>({
    kind: 'Capture',
    graph,
    resources,
    select: async ({ UUID, on }) => {
      selections++;
      if (on === 'slow') nowMs += 300;
      if (on.startsWith('!')) throw new Error(on.slice(1));
      return [...graph.nodes()].filter(({ Metadata }) => Metadata['Name'] === on && !shows(Metadata, UUID));
    },
    queryOf: ({ on }) => on,
    election,
    agents,
    subscribers,
    clock,
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
  });
  add('n1', 'h1');
  add('n2', 'h2');
  options.before?.(resources, graph);
  await client.start();
  /** All that goes on by itself has gone on. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settle();
  return {
    graph,
    add,
    resources,
    election,
    agents,
    h1,
    h2,
    subscriber,
    client,
    warnings,
    settle,
    selections: () => selections,
    /** The debounce is over. */
    async tick() {
      for (const run of timers.splice(0)) run();
      await settle();
    },
    waiting: () => timers.length,
    pauses,
    show(id: string, ...captures: [id: string, state?: string, packets?: number][]) {
      const list = captures.map(([ID, State = 'active', PacketsReceived = 0]) => ({
        ID,
        State,
        PacketsReceived,
      }));
      graph.update('node', id, list.length > 0 ? { set: { Captures: list } } : { delete: ['Captures'] });
    },
    reply(from: FakeSpeaker, Type: string, NodeID: string, id: string, Status = 200) {
      const text = {
        Namespace: 'OnDemandCapture',
        Type,
        UUID: 'r',
        Status,
        Obj: { NodeID, Resource: { UUID: id } },
      };
      const message = decodeJson(Buffer.from(JSON.stringify(text)));
      for (const handle of agents.route(asSpeaker(from), message)) void handle(message);
    },
    disconnect(speaker: FakeSpeaker) {
      for (const work of agents.remove(asSpeaker(speaker))) void work();
    },
    connect: (speaker: FakeSpeaker) => agents.add(asSpeaker(speaker)),
  };
}

test('a resource is started on each node it selects, by the host of the node, once', async () => {
  const { resources, h1, h2, settle, tick } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  assert.deepEqual(h1.sent[0], {
    Namespace: 'OnDemandCapture',
    Type: 'Start',
    UUID: h1.sent[0]!.UUID,
    Status: 200,
    Obj: { NodeID: 'n1', Resource: { UUID: 'c1', on: 'eth0' } },
  });
  assert.deepEqual([h1.take(), h2.take()], [['Start n1 c1'], ['Start n2 c1']]);
  resources.put('c2', 'eth1');
  await tick();
  assert.deepEqual([h1.take(), h2.take()], [[], []]);
});

test('what is there at the start is started, unless it runs', async () => {
  const { h1, h2 } = await scene({
    before: (resources, graph) => {
      resources.put('c1', 'eth0');
      graph.update('node', 'n2', { set: { Captures: [{ ID: 'c1', State: 'active' }] } });
    },
  });
  assert.deepEqual([h1.take(), h2.take()], [['Start n1 c1'], []]);
});

test('a node that appears, or fits later, is started after a while', async () => {
  const { graph, add, resources, h1, settle, tick, waiting } = await scene();
  resources.put('c1', 'eth1');
  await settle();
  add('n3', 'h1', { Name: 'eth1' });
  add('n4', 'h1', { Name: 'eth9' });
  assert.equal(waiting(), 1);
  assert.deepEqual(h1.take(), []);
  await tick();
  assert.deepEqual(h1.take(), ['Start n3 c1']);
  graph.update('node', 'n4', { set: { Name: 'eth1' } });
  await tick();
  assert.deepEqual(h1.take(), ['Start n4 c1']);
  graph.addTopologyLink('n3', 'n4', 'layer2');
  assert.equal(waiting(), 1);
});

test('counters that change are no reason to look anew, unless a query names them', async () => {
  const { graph, resources, h1, settle, reply, show, tick, waiting } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  show('n1', ['c1']);
  await tick();
  show('n1', ['c1', 'active', 5]);
  graph.update('node', 'n1', { set: { 'Metric.RxPackets': 5, LastUpdateMetric: { RxPackets: 1 } } });
  graph.update('node', 'n1', {
    set: { 'Ovs.Metric': { RxPackets: 5 }, 'Ovs.LastUpdateMetric': { RxPackets: 5 } },
  });
  assert.equal(waiting(), 0);
  resources.put('c2', 'Metric.RxPackets');
  await settle();
  graph.update('node', 'n1', { set: { 'Metric.RxPackets': 6 } });
  assert.equal(waiting(), 1);
  reply(h1, 'StartReply', 'n1', 'c1');
});

test('a start that fails is tried again when something changes', async () => {
  const { graph, resources, h1, settle, reply, tick } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  h1.take();
  for (const status of [500, 404]) {
    reply(h1, 'StartReply', 'n1', 'c1', status);
    graph.update('node', 'n1', { set: { Speed: status } });
    await tick();
    assert.deepEqual(h1.take(), ['Start n1 c1']);
  }
  reply(h1, 'StartReply', 'n1', 'c1');
  graph.update('node', 'n1', { set: { Speed: 1 } });
  await tick();
  assert.deepEqual(h1.take(), []);
});

test('a resource that goes is stopped where it runs and where it was about to', async () => {
  const { resources, h1, h2, settle, show, tick, reply } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  show('n1', ['c1']);
  h1.take();
  h2.take();
  resources.delete('c1');
  assert.deepEqual([h1.take(), h2.take()], [['Stop n1 c1'], ['Stop n2 c1']]);
  await tick();
  // Not again while it is under way, and not for a task that the agent knows nothing of.
  assert.deepEqual([h1.take(), h2.take()], [[], []]);
  reply(h1, 'StopReply', 'n1', 'c1', 404);
  show('n1', ['c1', 'error']);
  await tick();
  assert.deepEqual(h1.take(), []);
});

test('what runs although its resource is gone is stopped when it is seen', async () => {
  const { resources, h1, show, tick, warnings } = await scene({
    before: (_, graph) => {
      graph.update('node', 'n1', { set: { Captures: [{ ID: 'old', State: 'active' }] } });
    },
  });
  assert.deepEqual(h1.take(), ['Stop n1 old']);
  show('n1');
  show('n1', ['older']);
  resources.unreachable = true;
  await tick();
  assert.deepEqual(h1.take(), []);
  assert.match(warnings.join(), /whether older is still wanted is not known: the store is away/);
  resources.unreachable = false;
  // Made by another analyzer a moment ago.
  resources.stored_.set('older', { UUID: 'older', on: 'eth0' });
  show('n1', ['older', 'error']);
  await tick();
  assert.deepEqual(h1.take(), []);
  resources.stored_.delete('older');
  show('n1', ['older', 'active']);
  await tick();
  assert.deepEqual(h1.take(), ['Stop n1 older']);
});

test('a task that ended by itself is started again', async () => {
  const { resources, h1, settle, show, tick } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  show('n1', ['c1']);
  h1.take();
  // The agent was restarted: the same node without it.
  show('n1');
  await tick();
  assert.deepEqual(h1.take(), ['Start n1 c1']);
});

test('an agent that is not connected gets its tasks when it is', async () => {
  const { resources, h1, settle, disconnect, connect, tick } = await scene();
  disconnect(h1);
  resources.put('c1', 'eth0');
  await settle();
  assert.deepEqual(h1.take(), []);
  connect(h1);
  await tick();
  assert.deepEqual(h1.take(), ['Start n1 c1']);
  // Lost before it answered.
  disconnect(h1);
  connect(h1);
  await tick();
  assert.deepEqual(h1.take(), ['Start n1 c1']);
});

test('only the master asks; who becomes it catches up', async () => {
  const { resources, h1, h2, election, settle, show, tick } = await scene({ master: false });
  resources.put('c1', 'eth0');
  resources.put('c2', 'eth0');
  show('n1', ['c2']);
  resources.delete('c2');
  await tick();
  assert.deepEqual([h1.take(), h2.take()], [[], []]);
  election.become('master');
  await settle();
  assert.deepEqual(h1.take().sort(), ['Start n1 c1', 'Stop n1 c2']);
  assert.deepEqual(h2.take(), ['Start n2 c1']);
  election.become('slave');
  resources.put('c3', 'eth0');
  await tick();
  assert.deepEqual(h1.take(), []);
});

test('subscribers are told what comes, goes and starts, also by who is not master', async () => {
  const { graph, resources, h1, h2, subscriber, settle, show, reply } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  assert.deepEqual(subscriber.sent[0], {
    Namespace: 'OnDemandCaptureNotification',
    Type: 'Added',
    UUID: subscriber.sent[0]!.UUID,
    Status: 200,
    Obj: { UUID: 'c1', on: 'eth0' },
  });
  assert.deepEqual(subscriber.take(), ['Added c1']);
  reply(h1, 'StartReply', 'n1', 'c1');
  assert.deepEqual(subscriber.take(), ['NodeUpdated c1']);
  show('n1', ['c1']);
  assert.deepEqual(subscriber.take(), ['NodeUpdated c1']);
  show('n1', ['c1', 'active', 9]);
  assert.deepEqual(subscriber.take(), []);
  reply(h2, 'StartReply', 'n2', 'c1', 500);
  assert.deepEqual(subscriber.take(), ['NodeUpdated c1']);
  graph.deleteNode('n1');
  assert.deepEqual(subscriber.take(), ['NodeUpdated c1']);
  resources.delete('c1');
  assert.deepEqual(subscriber.take(), ['Deleted c1']);
  const slave = await scene({ master: false });
  slave.resources.put('c1', 'eth0');
  slave.resources.delete('c1');
  assert.deepEqual(slave.subscriber.take(), ['Added c1', 'Deleted c1']);
});

test('a query that fails is told once, and the others go on', async () => {
  const { graph, resources, h1, settle, tick, warnings } = await scene();
  resources.put('bad', '!it makes no sense');
  resources.put('good', 'eth0');
  await settle();
  graph.update('node', 'n1', { set: { Speed: 1 } });
  await tick();
  assert.deepEqual(h1.take(), ['Start n1 good']);
  assert.deepEqual(warnings, ['Capture bad cannot be started: it makes no sense']);
});

test('after the stop nothing is asked any more', async () => {
  const { graph, add, resources, client, h1, settle, tick, selections, waiting } = await scene();
  resources.put('c1', 'eth0');
  await settle();
  h1.take();
  add('n5', 'h1');
  assert.equal(waiting(), 1);
  await client.stop();
  assert.equal(waiting(), 0);
  const before = selections();
  graph.update('node', 'n1', { set: { Speed: 1 } });
  await tick();
  assert.equal(selections(), before);
  assert.deepEqual(h1.take(), []);
});

test('a new resource is looked at alone, and looking at all for long is followed by a pause', async () => {
  const { add, resources, settle, tick, selections, pauses } = await scene();
  for (const id of ['c1', 'c2', 'c3']) resources.put(id, id === 'c1' ? 'slow' : 'none');
  await settle();
  assert.equal(selections(), 3);
  add('n3', 'h1');
  await tick();
  assert.equal(selections(), 6);
  add('n4', 'h1');
  await tick();
  resources.delete('c1');
  add('n5', 'h1');
  await tick();
  add('n6', 'h1');
  assert.deepEqual(pauses, [1000, 2700, 2700, 1000]);
});
