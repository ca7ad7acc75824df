// SPDX-License-Identifier: Apache-2.0

import { isDeepStrictEqual } from 'node:util';
import type { MetadataMap, MetadataValue, Millis } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { InterfaceChange, LinkFacts } from '../../../native/netlink-monitor.js';
import type { InterfaceLinks, LinkedInterface } from './interface-links.js';
import { driverOf, linkKeys, linkMetadata } from './interface-metadata.js';
import { type Counters, isZero, metricMetadata, tickMetadata } from './interface-metric.js';
import { neighbourMetadata } from './neighbour-metadata.js';
import type { OvsNodes } from './ovs-nodes.js';
import { routingTables } from './routing-tables.js';
import type { Sriov } from './sriov.js';

/** What all namespaces share. */
export interface InterfaceContext {
  readonly graph: Graph;
  readonly links: InterfaceLinks;
  readonly sriov: Sriov;
  readonly ovs: OvsNodes;
  readonly now: () => Millis;
  /** Feature map for the digits that the monitor sends; equal digits give the same map. */
  readonly features: (digits: string) => MetadataMap;
  /** `Name` of the netns node of a watched namespace, empty for the host. */
  readonly namespaceName: (id: number) => string;
  /** Only its functions are looked for: sysfs shows those of the namespace of the process. */
  readonly rootNamespace: () => number | undefined;
}

interface Interface extends LinkedInterface {
  counters: Counters;
  countersAt: Millis;
}

/** A node that Open vSwitch has, too. */
function isOvs({ UUID }: MetadataMap): boolean {
  return UUID !== undefined;
}

type Settable = Record<string, MetadataValue>;

/** The interfaces of one namespace as nodes below its node. */
export class NamespaceInterfaces {
  readonly id: number;
  readonly ownerId: string;
  readonly #context: InterfaceContext;
  readonly #interfaces = new Map<number, Interface>();
  /** Nodes that were below the owner before this probe started, by index. */
  readonly #found = new Map<number, string>();
  #tickAt: Millis;
  #previousTickAt: Millis;

  constructor(id: number, ownerId: string, context: InterfaceContext) {
    this.id = id;
    this.ownerId = ownerId;
    this.#context = context;
    this.#tickAt = context.now();
    this.#previousTickAt = this.#tickAt;
    const owned = context.graph.children(ownerId, undefined, {
      kind: 'term',
      key: 'RelationType',
      value: relation.ownership,
    });
    for (const node of owned) {
      const { IfIndex, EncapType } = node.Metadata;
      // An interface of the kernel has an EncapType that is no DPDK port's; those count IfIndex their own way.
      if (typeof IfIndex === 'number' && EncapType !== undefined && node.Metadata['Type'] !== 'dpdkport') {
        this.#found.set(IfIndex, node.ID);
      }
    }
  }

  get count(): number {
    return this.#interfaces.size;
  }

  apply(change: InterfaceChange): void {
    if (change.gone !== undefined) {
      this.#lose(change.index);
      return;
    }
    const known = this.#interfaces.get(change.index);
    if (known === undefined) {
      if (change.link !== undefined) this.#discover(change, change.link);
      return;
    }
    const node = this.#context.graph.getNode(known.nodeId);
    if (node === undefined) return;
    const { set, gone } = this.#changesOf(change, known);
    const now = node.Metadata;
    // Open vSwitch has typed it.
    if (isOvs(now) && now['Type'] !== undefined) delete set['Type'];
    for (const key of Object.keys(set)) {
      // Most of what a message repeats is as it was: the graph need not see it.
      if (Object.hasOwn(now, key) && isDeepStrictEqual(now[key], set[key])) delete set[key];
    }
    const deleted = gone.filter((key) => Object.hasOwn(now, key));
    if (deleted.length > 0 || Object.keys(set).length > 0) {
      this.#context.graph.update('node', known.nodeId, { set, delete: deleted });
    }
    if (change.link !== undefined) {
      known.link = change.link;
      this.#relate(known);
    }
  }

  /** A metrics period ended: what `sample` brings belongs to it. */
  tick(): void {
    this.#previousTickAt = this.#tickAt;
    this.#tickAt = this.#context.now();
  }

  /** `LinkNetNsName` may have become known, or another. */
  renamePeers(): void {
    for (const { link, nodeId } of this.#interfaces.values()) {
      if (link.nsid === undefined || this.#context.graph.getNode(nodeId) === undefined) continue;
      this.#context.graph.update('node', nodeId, { set: { LinkNetNsName: this.#peerName(link) } });
    }
  }

  /** Everything that was there has been reported: nodes of an earlier run that were not confirmed go. */
  synced(): void {
    for (const nodeId of this.#found.values()) this.#context.graph.deleteNode(nodeId);
    this.#found.clear();
  }

  /** Deletes the nodes of its interfaces. */
  clear(): void {
    for (const index of [...this.#interfaces.keys()]) this.#lose(index);
  }

  #peerName(link: LinkFacts): string {
    return link.peerNamespace === undefined ? '' : this.#context.namespaceName(link.peerNamespace);
  }

  #discover(change: InterfaceChange, link: LinkFacts): void {
    const { graph, ovs } = this.#context;
    const { set } = this.#changesOf(change, undefined);
    const counters = change.stats ?? [];
    if (!isZero(counters)) set['Metric'] = metricMetadata(counters);
    const ovsNode = driverOf(link) === 'bridge' ? undefined : ovs.find(link.name, change.index, link.mac);
    const existing = ovsNode?.ID ?? this.#found.get(change.index);
    this.#found.delete(change.index);
    let nodeId: string;
    if (existing !== undefined && graph.getNode(existing) !== undefined) {
      nodeId = existing;
      const { Metadata } = graph.getNode(existing)!;
      if (isOvs(Metadata) && Metadata['Type'] !== undefined) delete set['Type'];
      const deleted = linkKeys.filter((key) => !(key in set) && Object.hasOwn(Metadata, key));
      graph.update('node', existing, { set, delete: deleted });
    } else {
      nodeId = graph.addNode({ Metadata: set }).ID;
    }
    graph.addOwnership(this.ownerId, nodeId);
    const found: Interface = {
      namespace: this.id,
      index: change.index,
      nodeId,
      link,
      counters,
      countersAt: this.#context.now(),
    };
    this.#interfaces.set(change.index, found);
    this.#context.links.add(found);
    if (this.#context.rootNamespace() === this.id) void this.#context.sriov.update(found);
  }

  #relate(known: Interface): void {
    this.#context.links.update(known);
    if (this.#context.rootNamespace() === this.id) void this.#context.sriov.update(known);
  }

  #lose(index: number): void {
    const lost = this.#interfaces.get(index);
    if (lost === undefined) return;
    const { graph, links, sriov } = this.#context;
    this.#interfaces.delete(index);
    const node = graph.getNode(lost.nodeId);
    const owned = graph.firstLink(this.ownerId, lost.nodeId, {
      kind: 'term',
      key: 'RelationType',
      value: relation.ownership,
    });
    // Open vSwitch keeps the node of its port: only its place is lost. It may have a new one already.
    const kept = node !== undefined && isOvs(node.Metadata);
    if (kept && (node.Metadata['Driver'] === 'openvswitch' || owned === undefined)) {
      if (owned !== undefined) graph.deleteEdge(owned.ID);
    } else {
      graph.deleteNode(lost.nodeId);
    }
    links.remove(lost);
    sriov.remove(lost);
  }

  /** Metadata to set and keys to delete for what the change tells. */
  #changesOf(change: InterfaceChange, known: Interface | undefined): { set: Settable; gone: string[] } {
    const gone: string[] = [];
    const set: Settable =
      change.link === undefined ? {} : linkMetadata(change.index, change.link, this.#peerName(change.link));
    if (change.link !== undefined) {
      gone.push(...linkKeys.filter((key) => !(key in set)));
    }
    const list = (key: string, values: readonly MetadataValue[] | undefined) => {
      if (values === undefined) return;
      if (values.length > 0) set[key] = values;
      else gone.push(key);
    };
    const { index } = change;
    list('IPV4', change.ipv4);
    list('IPV6', change.ipv6);
    list(
      'Neighbors',
      change.neighbours?.map((entry) => neighbourMetadata(index, entry)),
    );
    list(
      'FDB',
      change.fdb?.map((entry) => neighbourMetadata(index, entry)),
    );
    list('RoutingTables', change.routes && routingTables(index, change.routes));
    if (change.features !== undefined) set['Features'] = this.#context.features(change.features);
    if (change.stats !== undefined && known !== undefined) {
      const since = Math.max(this.#previousTickAt, known.countersAt);
      const ticked = tickMetadata(change.stats, known.counters, since, this.#tickAt);
      if (ticked !== undefined) Object.assign(set, ticked);
      known.counters = change.stats;
      known.countersAt = this.#tickAt;
    }
    return { set, gone };
  }
}
