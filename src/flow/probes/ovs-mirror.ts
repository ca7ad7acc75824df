// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import { getPath } from '../../graph/metadata.js';
import { namespaceOf } from '../../graph/path.js';
import { relation } from '../../graph/relation.js';
import { addon } from '../../native/addon.js';
import { PortMirror } from '../../ovs/port-mirror.js';
import { probeIdName } from '../../ovs/probe-rows.js';
import { noStats, ovsOf } from './ovs-capturing.js';
import type { CapturePart, FlowProbe, FlowProbeContext, FlowProbeStats, OvsCapturing } from './probe.js';

/** For ovs-vswitchd to make the interface, and for the topology to show it. */
const appearMs = 15_000;

/** The packets of a port, copied by Open vSwitch to an interface that is captured: capture type `ovsmirror`. */
export async function startOvsmirror(context: FlowProbeContext): Promise<FlowProbe> {
  const { ovs, uuid } = ovsOf(context);
  if (probeIdOf(context.node.metadata) !== undefined) {
    throw new Error(`${context.node.name} is the mirror of another port: it cannot be mirrored itself`);
  }
  const { database } = ovs;
  const mirror = await PortMirror.start({ database, port: uuid, logger: context.logger });
  const probe = new MirrorProbe(context, ovs, uuid, mirror);
  try {
    await probe.running;
    return probe;
  } catch (error) {
    await probe.stop();
    throw error;
  }
}

function probeIdOf(metadata: Readonly<Record<string, unknown>>): unknown {
  return getPath(metadata as Node['Metadata'], `ExtID.${probeIdName}`);
}

/** The mirror of a port, with the capture of the interface that copies come out of, whenever that is there. */
class MirrorProbe implements FlowProbe {
  readonly countsPackets = false;
  /** The interface's capture reports. */
  readonly elsewhere = true;
  /** Resolves when the interface is captured for the first time. */
  readonly running: Promise<void>;
  readonly #context: FlowProbeContext;
  readonly #ovs: OvsCapturing;
  readonly #port: string;
  readonly #mirror: PortMirror;
  readonly #off: () => void;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};
  readonly #timer: NodeJS.Timeout;
  /** Node of the interface that is captured, or about to be. */
  #interface: string | undefined;
  #part: Promise<CapturePart | undefined> = Promise.resolve(undefined);
  #ports = new Set<string>();
  #hasRun = false;
  #stopped = false;

  constructor(context: FlowProbeContext, ovs: OvsCapturing, port: string, mirror: PortMirror) {
    this.#context = context;
    this.#ovs = ovs;
    this.#port = port;
    this.#mirror = mirror;
    this.running = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => {
      const seconds = appearMs / 1000;
      this.#reject(
        new Error(
          `the interface ${mirror.name} of the mirror did not come up within ${seconds} s: does ovs-vswitchd run in the agent's network namespace?`,
        ),
      );
    }, appearMs);
    this.#off = ovs.graph.on((event) => this.#onEvent(event));
    for (const node of [...ovs.graph.nodes()]) this.#look(node);
  }

  /** The flows are those of the interface. */
  query(): undefined {
    return undefined;
  }

  stats(): FlowProbeStats {
    return noStats;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#off();
    await (await this.#part)?.stop();
    const { graph } = this.#ovs;
    for (const port of this.#ports) {
      const edge = graph.firstLink(port, this.#context.node.id, {
        kind: 'term',
        key: 'RelationType',
        value: relation.mirroring,
      });
      if (edge !== undefined) graph.deleteEdge(edge.ID);
    }
    await this.#mirror.stop();
  }

  #onEvent(event: GraphEvent): void {
    if (event.type === 'nodeAdded' || event.type === 'nodeUpdated') this.#look(event.node);
    else if (event.type === 'edgeAdded' && event.edge.Metadata['RelationType'] === relation.ownership) {
      const owned = this.#ovs.graph.getNode(event.edge.Child);
      if (owned !== undefined) this.#look(owned);
    } else if (event.type === 'nodeDeleted' && event.node.ID === this.#interface) {
      // Its part has ended with it. Open vSwitch may make it anew.
      this.#interface = undefined;
    }
  }

  #look({ ID, Metadata: seen }: Node): void {
    if (this.#stopped || probeIdOf(seen) !== this.#port) return;
    const { graph } = this.#ovs;
    // What was told may be older than what there is now.
    const node = graph.getNode(ID);
    if (node === undefined) return;
    if (node.Metadata['Type'] === 'ovsport') {
      if (graph.getNode(this.#context.node.id) === undefined) return;
      graph.addTopologyLink(ID, this.#context.node.id, relation.mirroring);
      this.#ports.add(ID);
    } else if (node.Metadata['Type'] === 'internal') {
      this.#lookAtInterface(node);
    }
  }

  /** Sets the interface up, then captures it. */
  #lookAtInterface({ ID, Metadata }: Node): void {
    const { Name, TID, EncapType, LinkFlags } = Metadata;
    if (this.#interface !== undefined || TID === undefined || EncapType === undefined) return;
    if (!Array.isArray(LinkFlags) || !LinkFlags.includes('UP')) {
      this.#setUp(ID, String(Name));
      return;
    }
    this.#interface = ID;
    this.#part = this.#part.then(() => this.#capture(ID));
  }

  async #capture(nodeId: string): Promise<CapturePart | undefined> {
    try {
      const part = await this.#ovs.captureOn(nodeId, { MirrorOf: this.#context.node.id });
      clearTimeout(this.#timer);
      this.#hasRun = true;
      this.#resolve();
      return part;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #setUp(nodeId: string, name: string): void {
    try {
      const { path } = namespaceOf(this.#ovs.graph, nodeId);
      addon().setLinkUp(name, path === '' ? undefined : path);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const text = `the mirror's interface: ${messageOf(error)}`;
    if (this.#hasRun && !this.#stopped) this.#context.failed(text);
    else this.#reject(new Error(text, { cause: error }));
  }
}
