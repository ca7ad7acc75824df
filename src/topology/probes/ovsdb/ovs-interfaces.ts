// SPDX-License-Identifier: Apache-2.0

import type { Millis, Node } from '../../../graph/element.js';
import type { GraphEvent } from '../../../graph/event.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { RowChange } from '../../../ovs/replica.js';
import { type Row, textMapOf, textOf } from '../../../ovs/value.js';
import { type Sample, sampleOf, statisticsMetadata } from './interface-statistics.js';
import { isKernelNode, kernelNodeOf } from './kernel-node.js';
import { nested } from './nested.js';
import { PatchLinks } from './patch-links.js';
import { interfaceMetadata, interfaceTypeOf, kernelKeys, type RowMetadata } from './row-metadata.js';

interface Interface {
  readonly uuid: string;
  row: Row;
  nodeId: string | undefined;
  /** Node of the port that it belongs to, and of that port's bridge. */
  portNodeId: string | undefined;
  bridgeNodeId: string | undefined;
  /** Paths that this probe has written on the node. */
  written: ReadonlySet<string>;
  sample: Sample | undefined;
  /** Its MAC address, as last known. */
  address: string | undefined;
}

export interface OvsInterfacesOptions {
  readonly graph: Graph;
  readonly hostNodeId: string;
  readonly now: () => Millis;
  /** Calls back once after so many milliseconds, unless the result was called. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/** Types that have no owner but their bridge. */
const ownedByBridge = ['dpdk', 'dpdkvhostuserclient', 'patch', 'internal'];
/** A kernel interface that goes may come back at once, in another namespace: its node is waited for. */
const comebackMs = 500;

const isOwnership = { kind: 'term', key: 'RelationType', value: relation.ownership } as const;
const isLayer2 = { kind: 'term', key: 'RelationType', value: relation.layer2 } as const;

/** The interfaces of Open vSwitch as nodes, each one with that of the kernel where there is one. */
export class OvsInterfaces {
  readonly #options: OvsInterfacesOptions;
  readonly #patches: PatchLinks;
  readonly #interfaces = new Map<string, Interface>();
  readonly #byName = new Map<string, Interface>();
  readonly #byNode = new Map<string, Interface>();
  readonly #lost = new Set<Interface>();
  #off: (() => void) | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: OvsInterfacesOptions) {
    this.#options = options;
    this.#patches = new PatchLinks(options.graph);
  }

  /** Follows the graph, and makes up for what was missed of it. */
  start(): void {
    if (this.#off !== undefined) return;
    this.#off = this.#options.graph.on((event) => this.#onEvent(event));
    for (const own of this.#interfaces.values()) this.#show(own, false);
  }

  stop(): void {
    this.#off?.();
    this.#off = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  change({ uuid, row, previous }: RowChange): void {
    if (row === undefined) {
      this.#remove(uuid);
      return;
    }
    const known = this.#interfaces.get(uuid);
    if (known === undefined) this.#add(uuid, row);
    else {
      known.row = row;
      const counted = row['statistics'] !== undefined && previous !== undefined;
      this.#show(known, counted);
    }
  }

  /** The interface belongs to a port, in a bridge; as far as these have nodes. */
  place(uuid: string, portNodeId: string | undefined, bridgeNodeId: string | undefined): void {
    const own = this.#interfaces.get(uuid);
    if (own === undefined) return;
    if (own.portNodeId !== portNodeId) this.#unlink(own);
    own.portNodeId = portNodeId;
    own.bridgeNodeId = bridgeNodeId;
    this.#link(own);
  }

  #add(uuid: string, row: Row): void {
    const own: Interface = {
      uuid,
      row,
      nodeId: undefined,
      portNodeId: undefined,
      bridgeNodeId: undefined,
      written: new Set(),
      sample: undefined,
      address: undefined,
    };
    this.#interfaces.set(uuid, own);
    this.#byName.set(textOf(row['name']), own);
    this.#show(own, row['statistics'] !== undefined);
  }

  #remove(uuid: string): void {
    const own = this.#interfaces.get(uuid);
    if (own === undefined) return;
    const { graph } = this.#options;
    const name = textOf(own.row['name']);
    this.#interfaces.delete(uuid);
    this.#lost.delete(own);
    if (this.#byName.get(name) === own) this.#byName.delete(name);
    const node = this.#release(own);
    if (node === undefined) return;
    // What the kernel has by itself stays, and keeps what it was told.
    if (!isKernelNode(node) || node.Metadata['Driver'] === 'openvswitch') graph.deleteNode(node.ID);
  }

  /** Finds or makes the node, and brings it up to date. */
  #show(own: Interface, counted: boolean): void {
    const { graph, hostNodeId, now } = this.#options;
    const before = own.nodeId === undefined ? undefined : graph.getNode(own.nodeId);
    if (before === undefined) this.#release(own);
    const isFree = ({ ID }: Node) => (this.#byNode.get(ID) ?? own) === own;
    const kernel =
      before !== undefined && isKernelNode(before)
        ? before
        : kernelNodeOf(graph, hostNodeId, own.row, own.address, isFree);
    const metadata = interfaceMetadata(own.uuid, own.row);
    if (counted) {
      const sample = sampleOf(own.row['statistics'], now());
      Object.assign(metadata, statisticsMetadata(sample, own.sample));
      own.sample = sample;
    }
    if (kernel !== undefined && kernel !== before) {
      this.#release(own);
      if (before !== undefined) graph.deleteNode(before.ID);
      this.#bind(own, kernel.ID);
    }
    const node = kernel ?? before;
    if (node === undefined) this.#bind(own, graph.addNode({ Metadata: nested(metadata) }).ID);
    else this.#write(own, node, metadata);
    own.written = new Set(Object.keys(metadata));
    own.address = textOf(own.row['mac_in_use']) || textOf(kernel?.Metadata['MAC']) || own.address;
    this.#link(own);
  }

  #write(own: Interface, node: Node, metadata: RowMetadata): void {
    const set = { ...metadata };
    // What Open vSwitch counted stays until it counts anew.
    const gone = [...own.written].filter((path) => !(path in metadata) && !path.endsWith('Metric'));
    const deleted = isKernelNode(node) ? gone.filter((path) => !kernelKeys.has(path)) : gone;
    if (isKernelNode(node)) {
      for (const key of kernelKeys) if (node.Metadata[key] !== undefined) delete set[key];
    }
    // The identifier is made of the type: it must not depend on who was first, the kernel or Open vSwitch.
    const { Type } = node.Metadata;
    if (set['Type'] !== undefined && Type !== undefined && set['Type'] !== Type) deleted.push('TID');
    this.#options.graph.update('node', node.ID, { set, delete: deleted });
  }

  #bind(own: Interface, nodeId: string): void {
    own.nodeId = nodeId;
    own.written = new Set();
    this.#byNode.set(nodeId, own);
    this.#lost.delete(own);
  }

  /** Takes the interface off its node, with the edges; the node is returned if it is still there. */
  #release(own: Interface): Node | undefined {
    const node = own.nodeId === undefined ? undefined : this.#options.graph.getNode(own.nodeId);
    this.#unlink(own);
    this.#patches.remove(textOf(own.row['name']));
    if (own.nodeId !== undefined) this.#byNode.delete(own.nodeId);
    own.nodeId = undefined;
    own.written = new Set();
    return node;
  }

  #unlink(own: Interface): void {
    const { graph } = this.#options;
    if (own.nodeId === undefined || own.portNodeId === undefined) return;
    const edge = graph.firstLink(own.portNodeId, own.nodeId, isLayer2);
    if (edge !== undefined) graph.deleteEdge(edge.ID);
  }

  #link(own: Interface): void {
    const { graph } = this.#options;
    const { nodeId, portNodeId, bridgeNodeId, row } = own;
    const node = nodeId === undefined ? undefined : graph.getNode(nodeId);
    if (node === undefined) return;
    if (portNodeId !== undefined && graph.getNode(portNodeId) !== undefined) {
      graph.addTopologyLink(portNodeId, node.ID, relation.layer2);
    }
    this.#own(node, bridgeNodeId);
    const type = interfaceTypeOf(row);
    const name = textOf(row['name']);
    const peer = textMapOf(row['options']).get('peer') ?? '';
    if (type === 'patch') this.#patches.put({ name, peer, nodeId: node.ID });
    else this.#patches.remove(name);
  }

  /** A bridge owns what only Open vSwitch knows, unless somebody else does. */
  #own(node: Node, bridgeNodeId: string | undefined): void {
    const { graph } = this.#options;
    if (isKernelNode(node)) return;
    const { Driver, Type } = node.Metadata;
    const ownable = Driver === 'openvswitch' || ownedByBridge.includes(String(Type));
    const owners = graph.parents(node.ID, undefined, isOwnership);
    if (!owners.every(({ Metadata }) => Metadata['Type'] === 'ovsbridge')) return;
    if (ownable && bridgeNodeId !== undefined && graph.getNode(bridgeNodeId) !== undefined) {
      graph.addOwnership(bridgeNodeId, node.ID);
    } else {
      for (const { ID } of owners) graph.deleteEdge(graph.firstLink(ID, node.ID, isOwnership)!.ID);
    }
  }

  #onEvent(event: GraphEvent): void {
    if (event.type === 'nodeDeleted') {
      const own = this.#byNode.get(event.node.ID);
      if (own !== undefined) this.#lose(own);
    } else if (event.type === 'nodeAdded') {
      this.#onKernelNode(event.node);
    } else if (event.type === 'edgeAdded') {
      const { Child, Metadata } = event.edge;
      if (Metadata['RelationType'] !== relation.ownership || this.#byNode.has(Child)) return;
      const owned = this.#options.graph.getNode(Child);
      if (owned !== undefined) this.#onKernelNode(owned);
    } else if (event.type === 'nodeUpdated') {
      const { node, previous } = event;
      const moved = ['Name', 'IfIndex', 'MAC', 'EncapType'].some(
        (key) => node.Metadata[key] !== previous.Metadata[key],
      );
      if (!moved) return;
      const own = this.#byNode.get(node.ID);
      if (own !== undefined && isKernelNode(node) && node.Metadata['Name'] !== textOf(own.row['name'])) {
        this.#forget(own, node);
      }
      this.#onKernelNode(node);
    }
  }

  /** An interface of the kernel came, or has another name: it may be one of ours. */
  #onKernelNode(node: Node): void {
    if (!isKernelNode(node) || this.#byNode.has(node.ID)) return;
    const own = this.#byName.get(String(node.Metadata['Name']));
    if (own !== undefined) this.#show(own, false);
  }

  /** The kernel's interface has another name now: it is none of Open vSwitch's any more. */
  #forget(own: Interface, node: Node): void {
    const paths = [...own.written].filter((path) => !kernelKeys.has(path) && path !== 'Type');
    this.#lose(own);
    this.#options.graph.update('node', node.ID, { delete: paths });
  }

  #lose(own: Interface): void {
    this.#release(own);
    this.#lost.add(own);
    this.#cancel ??= this.#options.after(comebackMs, () => {
      this.#cancel = undefined;
      for (const lost of [...this.#lost]) this.#show(lost, false);
      this.#lost.clear();
    });
  }
}
