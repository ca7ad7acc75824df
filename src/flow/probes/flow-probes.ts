// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../../config/key.js';
import { messageOf, SkydiveError } from '../../errors.js';
import type { MetadataMap, Node } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import { namespaceOf } from '../../graph/path.js';
import type { Logger } from '../../log/logger.js';
import type { OvsDatabase } from '../../ovs/database.js';
import type { Capture } from '../capture.js';
import { statsMessage } from '../stats-message.js';
import type {
  CapturedNode,
  CapturePart,
  FlowProbe,
  FlowProbeContext,
  FlowProbeStats,
  FlowProbeStatus,
  FlowProbeType,
} from './probe.js';
import { flowProbeTypeOf, flowProbeTypes } from './registry.js';
import { showCounters, showFailed, showStarted, showStopped } from './shown-captures.js';

export interface FlowProbesOptions {
  readonly graph: Graph;
  readonly config: Config;
  readonly logger: Logger;
  readonly types?: readonly FlowProbeType[];
  readonly timers?: Timers;
  /** The database of Open vSwitch, if the agent follows any. */
  readonly ovs?: () => OvsDatabase | undefined;
}

/** Repeats something; what it gives ends it. Tests have their own. */
export interface Timers {
  every(ms: number, run: () => void): () => void;
}

const systemTimers: Timers = {
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

interface Running {
  readonly nodeId: string;
  /** Of the node when it began: its flows carry it. */
  readonly tid: string;
  readonly capture: Capture;
  readonly probe: FlowProbe;
  /** Belongs to the capture of another node, and ends with it. */
  readonly isPart: boolean;
  /** What the last report was made of. */
  reported: FlowProbeStats | undefined;
}

/** Of the reports to the analyzer. */
const reportMs = 10_000;

/** The captures that run on this host: one probe a node and capture. */
export class FlowProbes {
  readonly #options: FlowProbesOptions;
  readonly #types: readonly FlowProbeType[];
  /** By node, then by capture. */
  readonly #running = new Map<string, Map<string, Running>>();
  /** Those that are about to run, by node and capture. */
  readonly #starting = new Set<string>();
  readonly #sinks = new Set<(messages: readonly Buffer[]) => void>();
  #stop: (() => void)[] = [];

  constructor(options: FlowProbesOptions) {
    this.#options = options;
    this.#types = options.types ?? flowProbeTypes;
  }

  /** The capture types that this agent has. */
  get types(): readonly string[] {
    return this.#types.map(({ type }) => type);
  }

  /** How many captures run. */
  get count(): number {
    let count = 0;
    for (const captures of this.#running.values()) count += captures.size;
    return count;
  }

  /** What the captures whose source counts for itself have counted; for `/api/status`. */
  status(): readonly FlowProbeStatus[] {
    return [...this.#running.values()].flatMap((captures) =>
      Array.from(captures.values(), ({ nodeId, capture, probe }) => {
        const status = probe.status?.();
        return status === undefined ? [] : [{ Capture: capture.UUID, Node: nodeId, ...status }];
      }).flat(),
    );
  }

  start(): void {
    const { graph, config, timers = systemTimers } = this.#options;
    const statsMs = Math.max(1, config.getInt('agent.capture.stats_update')) * 1000;
    this.#stop = [
      graph.on((event) => {
        if (event.type === 'nodeDeleted') void this.#lost(event.node.ID);
        else if (event.type === 'nodeUpdated') this.#identified(event.node);
      }),
      timers.every(statsMs, () => this.#count()),
      timers.every(reportMs, () => this.#report()),
    ];
  }

  /** Ends all captures; what they had is handed to the sinks. */
  async stop(): Promise<void> {
    for (const stop of this.#stop.splice(0)) stop();
    const captures = [...this.#running.values()].flatMap((captures) => [...captures.values()]);
    // Each waits for packets that the kernel still holds.
    await Promise.all(captures.filter(({ isPart }) => !isPart).map((running) => this.#stopRunning(running)));
  }

  /** Gets serialized `Message`s (flows and statistics) as they come. Must not wait. */
  onMessages(sink: (messages: readonly Buffer[]) => void): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /**
   * The flows of each table that pass: a serialized `SearchQuery` gives a serialized `FlowSet` a table. Rejects when a
   * table cannot read the query.
   */
  async query(searchQuery: Uint8Array): Promise<Buffer[]> {
    const probes = [...this.#running.values()].flatMap((captures) =>
      Array.from(captures.values(), ({ probe }) => probe),
    );
    const sets: Buffer[] = [];
    // One after the other: each takes a thread, of which there are few.
    for (const probe of probes) {
      const set = await probe.query(searchQuery);
      if (set !== undefined) sets.push(set);
    }
    return sets;
  }

  /** Captures on a node. Throws SKY_E_GRAPH_NOT_FOUND, or SKY_E_PROBE with the reason. */
  async startCapture(nodeId: string, capture: Capture): Promise<void> {
    const { graph } = this.#options;
    const node = graph.getNode(nodeId);
    if (node === undefined) {
      throw new SkydiveError('SKY_E_GRAPH_NOT_FOUND', `node ${nodeId} is not on this host`);
    }
    const key = `${nodeId} ${capture.UUID}`;
    if (this.#running.get(nodeId)?.has(capture.UUID) || this.#starting.has(key)) {
      throw new SkydiveError('SKY_E_PROBE', `capture ${capture.UUID} runs on node ${nodeId} already`);
    }
    this.#starting.add(key);
    try {
      await this.#start(node, capture);
    } catch (error) {
      const text = `capture ${capture.UUID} on ${named(node)}: ${messageOf(error)}`;
      throw new SkydiveError('SKY_E_PROBE', text, { cause: error });
    } finally {
      this.#starting.delete(key);
    }
  }

  /** Throws SKY_E_GRAPH_NOT_FOUND when it does not run. What is part of a capture goes on until that is stopped. */
  async stopCapture(nodeId: string, captureId: string): Promise<void> {
    const running = this.#running.get(nodeId)?.get(captureId);
    if (running === undefined) {
      throw new SkydiveError(
        'SKY_E_GRAPH_NOT_FOUND',
        `capture ${captureId} does not run on node ${nodeId}: nothing to stop`,
      );
    }
    if (!running.isPart) await this.#stopRunning(running);
  }

  async #stopRunning(running: Running): Promise<void> {
    const { nodeId, capture } = running;
    const captures = this.#running.get(nodeId);
    // It may have ended with its node.
    if (captures?.get(capture.UUID) !== running) return;
    captures.delete(capture.UUID);
    if (captures.size === 0) this.#running.delete(nodeId);
    showStopped(this.#options.graph, nodeId, capture.UUID);
    await this.#end(running);
  }

  async #start(node: Node, capture: Capture): Promise<void> {
    const { graph } = this.#options;
    const captured = capturedNode(graph, node);
    const startProbe = await flowProbeTypeOf(capture.Type, captured.type, this.#types).load();
    const probe = await startProbe(this.#context(node, captured, capture));
    const { tid } = captured;
    const running: Running = { nodeId: node.ID, tid, capture, probe, isPart: false, reported: undefined };
    await this.#started(running, probe.shown);
  }

  /** The same capture on another node, by its usual type. */
  async #startPart(
    nodeId: string,
    capture: Capture,
    shown: Readonly<Record<string, string>>,
  ): Promise<CapturePart> {
    const node = this.#options.graph.getNode(nodeId);
    if (node === undefined) throw new Error(`node ${nodeId} is gone`);
    if (this.#running.get(nodeId)?.has(capture.UUID)) throw new Error(`${named(node)} is captured already`);
    const captured = capturedNode(this.#options.graph, node);
    const startProbe = await flowProbeTypeOf(undefined, captured.type, this.#types).load();
    const probe = await startProbe(this.#context(node, captured, capture));
    const { tid } = captured;
    const running: Running = { nodeId, tid, capture, probe, isPart: true, reported: undefined };
    await this.#started(running, { ...probe.shown, ...shown });
    return { stop: () => this.#stopRunning(running) };
  }

  async #started(running: Running, shown: FlowProbe['shown']): Promise<void> {
    const { graph } = this.#options;
    const { nodeId, capture, probe } = running;
    const node = graph.getNode(nodeId);
    if (node === undefined) {
      await probe.stop();
      throw new Error('the node went while the capture started');
    }
    const captures = this.#running.get(nodeId) ?? new Map<string, Running>();
    captures.set(capture.UUID, running);
    this.#running.set(nodeId, captures);
    showStarted(graph, nodeId, capture, shown);
    this.#identified(node);
  }

  /** A capture begins anew when its node has got another TID: as when Open vSwitch tells what an interface is. */
  #identified({ ID, Metadata }: Node): void {
    const captures = this.#running.get(ID);
    const tid = text(Metadata, 'TID');
    if (captures === undefined || tid === '') return;
    for (const running of [...captures.values()]) {
      if (running.tid !== tid && !running.isPart) void this.#restart(running);
    }
  }

  async #restart(running: Running): Promise<void> {
    const { nodeId, capture } = running;
    await this.#stopRunning(running);
    try {
      await this.startCapture(nodeId, capture);
    } catch (error) {
      // The analyzer sees that it has ended, and asks for it again.
      this.#options.logger.warn(messageOf(error));
    }
  }

  #context(node: Node, captured: CapturedNode, capture: Capture): FlowProbeContext {
    const { graph, config, logger, ovs } = this.#options;
    const database = ovs?.();
    return {
      capture,
      node: captured,
      config,
      logger,
      send: (messages) => this.#send(messages),
      failed: (reason) => {
        logger.error(`capture ${capture.UUID} on ${named(node)} ended: ${reason}`);
        showFailed(graph, node.ID, capture.UUID, reason);
      },
      setMetadata: (key, value) => {
        if (graph.getNode(node.ID) === undefined) return;
        graph.update('node', node.ID, value === undefined ? { delete: [key] } : { set: { [key]: value } });
      },
      ...(database !== undefined && {
        ovs: {
          database,
          graph,
          captureOn: (nodeId: string, shown: Readonly<Record<string, string>>) =>
            this.#startPart(nodeId, capture, shown),
        },
      }),
    };
  }

  async #lost(nodeId: string): Promise<void> {
    const captures = this.#running.get(nodeId);
    if (captures === undefined) return;
    this.#running.delete(nodeId);
    for (const running of captures.values()) await this.#end(running);
  }

  /** The last flows go out, and what they are counted by. */
  async #end(running: Running): Promise<void> {
    try {
      await running.probe.stop();
      if (running.probe.elsewhere !== true) this.#send([this.#reportOf(running)]);
    } catch (error) {
      this.#options.logger.error(`stopping capture ${running.capture.UUID}: ${messageOf(error)}`);
    }
  }

  #count(): void {
    for (const [nodeId, captures] of this.#running) {
      const stats = new Map<string, FlowProbeStats>();
      for (const [captureId, { probe }] of captures) {
        const own = probe.stats();
        if (probe.countsPackets || own.target !== undefined) stats.set(captureId, own);
      }
      if (stats.size > 0) showCounters(this.#options.graph, nodeId, stats);
    }
  }

  #report(): void {
    const messages: Buffer[] = [];
    for (const captures of this.#running.values()) {
      for (const running of captures.values()) {
        if (running.probe.elsewhere !== true) messages.push(this.#reportOf(running));
      }
    }
    if (messages.length > 0) this.#send(messages);
  }

  #reportOf(running: Running): Buffer {
    const now = running.probe.stats();
    const before = running.reported;
    running.reported = now;
    return statsMessage({
      captureId: running.capture.UUID,
      flowCount: now.flowCount,
      flowDropped: now.flowDropped - (before?.flowDropped ?? 0),
      kernelFlowDropped: now.kernelFlowDropped - (before?.kernelFlowDropped ?? 0),
      packetsDropped: now.packetsDropped - (before?.packetsDropped ?? 0),
      packetsReceived: now.packetsReceived - (before?.packetsReceived ?? 0),
    });
  }

  #send(messages: readonly Buffer[]): void {
    for (const sink of this.#sinks) sink(messages);
  }
}

function text(metadata: MetadataMap, key: string): string {
  const value = metadata[key];
  return typeof value === 'string' ? value : '';
}

function named({ ID, Metadata }: Node): string {
  return `${text(Metadata, 'Name') || 'a node'} (${ID})`;
}

/** Throws a text for the operator when the node cannot be captured at all. */
function capturedNode(graph: Graph, node: Node): CapturedNode {
  const { ID, Metadata } = node;
  const type = text(Metadata, 'Type');
  if (type === '') throw new Error('the node has no Type');
  const { path } = namespaceOf(graph, ID);
  return {
    id: ID,
    name: text(Metadata, 'Name'),
    type,
    tid: text(Metadata, 'TID'),
    encapType: text(Metadata, 'EncapType'),
    metadata: Metadata,
    ...(path !== '' && { namespacePath: path }),
  };
}
