// SPDX-License-Identifier: Apache-2.0
// Captures between an analyzer and an agent, against what the original programs said to each other and to subscribers.

import assert from 'node:assert/strict';
import test from 'node:test';
import { WebSocket } from 'ws';
import type { Capture } from '../../src/flow/capture.js';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import { FlowProbes } from '../../src/flow/probes/flow-probes.js';
import type { FlowProbe } from '../../src/flow/probes/probe.js';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { canCapture, selectedNodes } from '../../src/services/captures/capture-nodes.js';
import { OnDemandClient } from '../../src/services/ondemand/client.js';
import { OnDemandServer } from '../../src/services/ondemand/server.js';
import type { KvResourceHandler } from '../../src/services/resources/kv-resource.js';
import { applyMessage } from '../../src/sync/apply-message.js';
import { decodeJson } from '../../src/wire/codec-json.js';
import { decodeProtobuf } from '../../src/wire/codec-protobuf.js';
import type { Outgoing } from '../../src/wire/outgoing.js';
import { Pool } from '../../src/wire/pool.js';
import { shareWire } from '../../src/wire/shared.js';
import type { Speaker } from '../../src/wire/speaker.js';
import { startTestAnalyzer } from './analyzer.js';
import { connectClient, type Envelope, until } from './client.js';
import { type RecordedEnvelope, recordedBytes, recording, requestHeaders } from './recording.js';

const tasks = 'OnDemandCapture';
const notifications = 'OnDemandCaptureNotification';

/** What is compared of a message: all but its own id. The text of Obj keeps the order of members. */
function said({ Namespace, Type, Status, Obj }: RecordedEnvelope): readonly unknown[] {
  return [Namespace, Type, Status, JSON.stringify(Obj)];
}

for (const conn of [1, 2]) {
  test(`our analyzer asks for captures as the original did, connection ${conn}`, async (t) => {
    const agentSide = recording(t, 'agent-topology');
    const subscriberSide = recording(t, 'subscriber');
    if (agentSide === undefined || subscriberSide === undefined) return;
    const connection = agentSide.connections.find((candidate) => candidate.conn === conn)!;
    const analyzer = await startTestAnalyzer(t);
    const { topology, subscriber } = analyzer.endpoints;
    const captures = new Map<string, Capture>();
    let handler: KvResourceHandler<Capture> | undefined;
    let due: (() => void) | undefined;
    const client = new OnDemandClient<Capture>({
      kind: 'Capture',
      graph: analyzer.graph,
      resources: {
        async watch(given) {
          handler = given;
          return () => {};
        },
        stored: async (id) => captures.get(id),
      },
      select: async (capture) =>
        (await selectedNodes(capture, analyzer.graph)).filter((node) => canCapture(capture, node)),
      queryOf: ({ GremlinQuery = '' }) => GremlinQuery,
      election: { isMaster: true, on: () => () => {} },
      agents: topology,
      subscribers: subscriber,
      clock: {
        now: Date.now,
        // Looks anew when the recording says that the original did.
        after(_ms, run) {
          due = run;
          return { stop: () => (due = undefined) };
        },
        every: () => ({ stop() {} }),
      },
      logger: silentLogger,
    });
    await client.start();
    t.after(() => client.stop());
    const put = (capture: Capture) => {
      captures.set(capture.UUID, capture);
      handler!.put(capture);
    };
    const listener = await connectClient(t, analyzer.port, '/ws/subscriber');
    const { path, headers } = requestHeaders(connection);
    const agent = new WebSocket(`ws://127.0.0.1:${analyzer.port}${path}`, {
      headers,
      perMessageDeflate: false,
    });
    t.after(() => agent.terminate());
    const got: Envelope[] = [];
    agent.on('message', (data) => {
      const { namespace: Namespace, type: Type, status: Status, payload } = decodeProtobuf(data as Buffer);
      if (Namespace === tasks) got.push({ Namespace, Type, Status, Obj: payload.json() });
    });
    await new Promise<void>((resolve) => agent.once('ping', () => resolve()));

    const started = connection.t0 * 1000;
    const [first] = subscriberSide.connections;
    const ends = Math.max(
      ...agentSide.messages.filter((m) => m.conn === conn).map(({ t: at }) => started + at),
    );
    const happened = [
      ...agentSide.messages
        .filter((message) => message.conn === conn && message.decoded !== undefined)
        .map((message) => ({ at: started + message.t, message, envelope: message.decoded! })),
      ...subscriberSide.messages
        .filter((message) => message.conn === first!.conn && message.json?.Namespace === notifications)
        // The original told its agent a moment before its subscribers.
        .map((message) => ({ at: first!.t0 * 1000 + message.t - 20, message, envelope: message.json! }))
        .filter(({ at }) => at >= started && at <= ends),
    ].sort((a, b) => a.at - b.at);
    const asked: RecordedEnvelope[] = [];
    const told: RecordedEnvelope[] = [];
    if (conn === 2) {
      // The capture was made before the analyzer was restarted.
      const running = agentSide.messages.findLast(
        ({ decoded }) => decoded?.Namespace === tasks && decoded.Type === 'Stop',
      );
      put(decodeCapture((running!.decoded!.Obj as { Resource: unknown }).Resource));
      const added = listener.got.length + 1;
      await until('the notification', () => listener.got.length === added);
      listener.got.length = 0;
    }
    for (const { message, envelope } of happened) {
      if (envelope.Namespace === tasks && message.dir === 's>c') {
        asked.push(envelope);
        if (envelope.Type === 'Start' && got.length < asked.length) due?.();
        // Deleted through the API: subscribers of this connection's time are not recorded.
        if (envelope.Type === 'Stop' && got.length < asked.length && conn === 2) {
          const [capture] = captures.values();
          captures.clear();
          handler!.gone(capture!);
        }
        await until(`${envelope.Type} ${asked.length}`, () => got.length === asked.length);
      } else if (envelope.Namespace === notifications) {
        const { UUID } = envelope.Obj as { UUID: string };
        if (envelope.Type === 'Added') put(decodeCapture(envelope.Obj));
        if (envelope.Type === 'Deleted') {
          const capture = captures.get(UUID)!;
          captures.delete(UUID);
          handler!.gone(capture);
        }
        told.push(envelope);
      } else if (message.dir === 'c>s') {
        const before = analyzer.handled();
        agent.send(recordedBytes(message), { binary: true });
        await until(`${envelope.Type}`, () => analyzer.handled() > before);
      }
    }
    assert.ok(asked.length > 0);
    assert.deepEqual(got.map(said), asked.map(said));
    if (conn === 1) {
      await until('notifications', () => listener.got.length >= told.length);
      const ours = listener.got.filter(({ Namespace }) => Namespace === notifications);
      assert.deepEqual(ours.map(said), told.map(said));
    }
  });
}

/** Captures nothing. */
const still: FlowProbe = {
  countsPackets: false,
  query: () => undefined,
  stats: () => ({
    packetsReceived: 0,
    packetsDropped: 0,
    packetsIfDropped: 0,
    flowCount: 0,
    flowDropped: 0,
    kernelFlowDropped: 0,
  }),
  stop() {},
};

test('our agent answers and shows captures as the original did', async (t) => {
  const recorded = recording(t, 'agent-topology');
  if (recorded === undefined) return;
  const graph = new Graph({ host: 'agent1', origin: 'agent.agent1' });
  const shared = shareWire({ log: silentLogger });
  const probes = new FlowProbes({
    graph,
    config: { getInt: () => 3600 } as never,
    logger: silentLogger,
    types: [{ type: 'afpacket', load: async () => async () => still }],
  });
  const pool = new Pool();
  const server = new OnDemandServer({
    kind: 'Capture',
    pool,
    runner: {
      start: (nodeId, resource) => probes.startCapture(nodeId, decodeCapture(resource)),
      stop: (nodeId, id) => probes.stopCapture(nodeId, id),
    },
    complaints: shared.complaints,
    logger: silentLogger,
  });
  server.start();
  t.after(async () => {
    await server.stop();
    await probes.stop();
  });
  const replies: Envelope[] = [];
  const speaker = {
    name: 'an1',
    send: (message: Outgoing) => replies.push(JSON.parse(String(message.encode('json'))) as Envelope),
  } as unknown as Speaker;
  const shown: unknown[] = [];
  graph.on((event) => {
    if (event.type !== 'nodeUpdated') return;
    for (const op of event.ops ?? []) {
      if (op.key === 'Captures') shown.push(op.type === 'set' ? op.value : null);
    }
  });
  const theirReplies: RecordedEnvelope[] = [];
  const theirShown: unknown[] = [];
  for (const { conn, dir, decoded } of recorded.messages) {
    if (conn !== 1 || decoded === undefined) continue;
    if (dir === 's>c' && decoded.Namespace === tasks) {
      const message = decodeJson(Buffer.from(JSON.stringify(decoded)));
      for (const handle of pool.route(speaker, message)) void handle(message);
      await until('the reply', () => replies.length === theirReplies.length + 1);
    } else if (dir === 'c>s' && decoded.Namespace === tasks) {
      theirReplies.push(decoded);
    } else if (dir === 'c>s' && decoded.Namespace === 'Graph') {
      const { Type, Obj } = decoded;
      const ops = (Obj as { Ops?: { Key: string; Type: number; Value: unknown }[] | null }).Ops ?? [];
      if (ops.some(({ Key }) => Key === 'Captures')) {
        // Each once: what follows are counters.
        for (const { Type: kind, Value } of ops) theirShown.push(kind === 1 ? Value : null);
        continue;
      }
      if (Type === 'Sync') {
        const { Nodes, Edges } = Obj as { Nodes: unknown[]; Edges: unknown[] };
        const add = (kind: string, of: unknown[]) => {
          for (const each of of ?? []) {
            const text = JSON.stringify({ Namespace: 'Graph', Type: kind, Obj: each });
            applyMessage(graph, decodeJson(Buffer.from(text)));
          }
        };
        add('NodeAdded', Nodes);
        add('EdgeAdded', Edges);
      } else {
        applyMessage(graph, decodeJson(Buffer.from(JSON.stringify(decoded))));
      }
    }
  }
  assert.deepEqual(
    replies.map((reply) => [...said(reply), reply.UUID]),
    theirReplies.map((reply) => [...said(reply), reply.UUID]),
  );
  const firsts = theirShown.filter((value, at) => at === 0 || idsOf(value) !== idsOf(theirShown[at - 1]));
  assert.deepEqual(shown.map(zeroed), firsts.map(zeroed));
});

function idsOf(shown: unknown): string {
  return JSON.stringify((shown as { ID: string }[] | null)?.map(({ ID }) => ID));
}

/** The texts, with counters at their start. */
function zeroed(shown: unknown): string {
  return JSON.stringify(shown).replace(/("Packets\w+"):\d+/g, '$1:0');
}
