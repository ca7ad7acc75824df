// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../../errors.js';
import type { Millis, Node } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { Logger } from '../../../log/logger.js';
import type { RowChange } from '../../../ovs/replica.js';
import { type Row, referencesOf } from '../../../ovs/value.js';
import { databaseName } from './columns.js';
import { nested } from './nested.js';
import { OvsInterfaces } from './ovs-interfaces.js';
import { bridgeMetadata, portMetadata, type RowMetadata, switchMetadata } from './row-metadata.js';

export interface OvsTopologyOptions {
  readonly graph: Graph;
  readonly hostNodeId: string;
  readonly logger: Logger;
  readonly now?: () => Millis;
  readonly after?: (ms: number, callback: () => void) => () => void;
}

interface Placed {
  readonly nodeId: string;
  written: ReadonlySet<string>;
  /** The rows that it consists of: ports of a bridge, interfaces of a port. */
  parts: ReadonlySet<string>;
}

function afterTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

const isLayer2 = { kind: 'term', key: 'RelationType', value: relation.layer2 } as const;

/**
 * Keeps bridges, ports and interfaces of Open vSwitch in the graph (probes.md §7). Rows may come in any order: what
 * belongs together is joined as soon as both are there.
 */
export class OvsTopology {
  readonly #options: OvsTopologyOptions;
  readonly #interfaces: OvsInterfaces;
  readonly #bridges = new Map<string, Placed>();
  readonly #ports = new Map<string, Placed>();
  /** Port → bridge, interface → port: as the owners tell, whether or not there are rows. */
  readonly #bridgeOf = new Map<string, string>();
  readonly #portOf = new Map<string, string>();
  #off: (() => void) | undefined;
  #switch: RowMetadata = {};
  #switchWritten: ReadonlySet<string> = new Set();

  constructor(options: OvsTopologyOptions) {
    this.#options = options;
    const { graph, hostNodeId, now = Date.now, after = afterTimer } = options;
    this.#interfaces = new OvsInterfaces({ graph, hostNodeId, now, after });
  }

  /** Follows what the kernel does with the interfaces, from now on. */
  start(): void {
    this.#interfaces.start();
    this.#off ??= this.#options.graph.on((event) => {
      if (event.type === 'nodeAdded' && isDatapath(event.node)) this.#showSwitch(event.node);
    });
  }

  /** Nodes stay as they are. */
  stop(): void {
    this.#off?.();
    this.#off = undefined;
    this.#interfaces.stop();
  }

  /** A row came, changed or went. */
  change(change: RowChange): void {
    try {
      this.#change(change);
    } catch (error) {
      // One row that cannot be shown must not cost the others.
      this.#options.logger.error(`ovsdb probe: ${change.table} ${change.uuid}: ${messageOf(error)}`);
    }
  }

  #change(change: RowChange): void {
    const { table, uuid, row } = change;
    if (table === 'Bridge') this.#changeBridge(uuid, row);
    else if (table === 'Port') this.#changePort(uuid, row);
    else if (table === 'Interface') {
      this.#interfaces.change(change);
      this.#placeInterface(uuid);
    } else if (table === databaseName) this.#changeSwitch(row);
  }

  #changeBridge(uuid: string, row: Row | undefined): void {
    const parts = new Set(referencesOf(row?.['ports']));
    const former = this.#bridges.get(uuid)?.parts;
    this.#show(this.#bridges, uuid, row && bridgeMetadata(uuid, row), parts, (nodeId) =>
      this.#options.graph.addOwnership(this.#options.hostNodeId, nodeId),
    );
    this.#assign(this.#bridgeOf, uuid, parts, former, (port) => this.#placePort(port));
  }

  #changePort(uuid: string, row: Row | undefined): void {
    const parts = new Set(referencesOf(row?.['interfaces']));
    const former = this.#ports.get(uuid)?.parts;
    this.#show(this.#ports, uuid, row && portMetadata(uuid, row), parts, () => this.#placePort(uuid));
    this.#assign(this.#portOf, uuid, parts, former, (own) => this.#placeInterface(own));
  }

  /** Makes, updates or deletes the node of a row. */
  #show(
    among: Map<string, Placed>,
    uuid: string,
    metadata: RowMetadata | undefined,
    parts: ReadonlySet<string>,
    onNew: (nodeId: string) => void,
  ): void {
    const { graph } = this.#options;
    const known = among.get(uuid);
    if (metadata === undefined) {
      among.delete(uuid);
      if (known !== undefined) graph.deleteNode(known.nodeId);
      return;
    }
    const written = new Set(Object.keys(metadata));
    if (known !== undefined && graph.getNode(known.nodeId) !== undefined) {
      const gone = [...known.written].filter((path) => !written.has(path));
      graph.update('node', known.nodeId, { set: metadata, delete: gone });
      Object.assign(known, { written, parts });
      return;
    }
    const nodeId = graph.addNode({ Metadata: nested(metadata) }).ID;
    among.set(uuid, { nodeId, written, parts });
    onNew(nodeId);
  }

  /** Notes what an owner consists of now; tells of each part that came or went. */
  #assign(
    owners: Map<string, string>,
    owner: string,
    parts: ReadonlySet<string>,
    former: ReadonlySet<string> = new Set(),
    changed: (part: string) => void,
  ): void {
    for (const part of former) {
      // Another owner may have told before this one that it has it now.
      if (parts.has(part) || owners.get(part) !== owner) continue;
      owners.delete(part);
      changed(part);
    }
    for (const part of parts) {
      if (former.has(part)) continue;
      owners.set(part, owner);
      changed(part);
    }
  }

  #placePort(uuid: string): void {
    const { graph } = this.#options;
    const port = this.#ports.get(uuid);
    if (port === undefined) return;
    const bridge = this.#bridges.get(this.#bridgeOf.get(uuid) ?? '');
    for (const { ID, Metadata } of graph.parents(port.nodeId, undefined, isLayer2)) {
      // It has moved to another bridge.
      if (Metadata['Type'] === 'ovsbridge' && ID !== bridge?.nodeId) graph.unlink(ID, port.nodeId);
    }
    if (bridge !== undefined) {
      graph.addOwnership(bridge.nodeId, port.nodeId);
      graph.addTopologyLink(bridge.nodeId, port.nodeId, relation.layer2);
    }
    for (const own of port.parts) this.#placeInterface(own);
  }

  #placeInterface(uuid: string): void {
    const portUuid = this.#portOf.get(uuid) ?? '';
    const bridge = this.#bridges.get(this.#bridgeOf.get(portUuid) ?? '');
    this.#interfaces.place(uuid, this.#ports.get(portUuid)?.nodeId, bridge?.nodeId);
  }

  #changeSwitch(row: Row | undefined): void {
    this.#switch = row === undefined ? {} : switchMetadata(row);
    const nodes = this.#options.graph.lookupNodes({ kind: 'term', key: 'Name', value: datapathName });
    for (const node of nodes.filter(isDatapath)) this.#showSwitch(node);
    this.#switchWritten = new Set(Object.keys(this.#switch));
  }

  #showSwitch({ ID }: Node): void {
    const gone = [...this.#switchWritten].filter((path) => !(path in this.#switch));
    this.#options.graph.update('node', ID, { set: this.#switch, delete: gone });
  }
}

const datapathName = 'ovs-system';

/** The device of the kernel's datapath; with datapaths in user space there is none. */
function isDatapath({ Metadata }: Node): boolean {
  return Metadata['Name'] === datapathName && Metadata['Type'] === 'openvswitch';
}
