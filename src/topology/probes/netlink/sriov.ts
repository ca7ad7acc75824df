// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { LinkedInterface } from './interface-links.js';
import { interfaceType } from './interface-metadata.js';

/** `0000:03:10.2` as domain << 16 | bus << 8 | device << 3 | function; undefined for another bus. */
export function packPciAddress(text: string): number | undefined {
  const parts = /^([0-9a-f]{4,}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(text);
  if (parts === null) return undefined;
  const [domain, bus, device, fn] = parts.slice(1).map((part) => Number.parseInt(part, 16));
  return domain! * 65536 + ((bus! << 8) | (device! << 3) | fn!);
}

export function formatPciAddress(packed: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const low = packed % 65536;
  const domain = hex(Math.floor(packed / 65536), 4);
  return `${domain}:${hex(low >> 8, 2)}:${hex((low >> 3) & 0x1f, 2)}.${low & 7}`;
}

interface Function {
  readonly physical: LinkedInterface;
  readonly id: number;
}

/**
 * Joins physical and virtual functions (probes.md §4.9): the kernel's link lists the functions, sysfs tells which PCI
 * address each has, and the interface with that address gets `VfID` and an edge.
 */
export class Sriov {
  readonly #graph: Graph;
  readonly #sysfs: string;
  /** PCI address → the function that is there. */
  readonly #functions = new Map<string, Function>();
  /** PCI address → interface of type `device`. */
  readonly #devices = new Map<string, LinkedInterface>();
  readonly #counts = new Map<LinkedInterface, number>();

  constructor(graph: Graph, sysfs = '/sys') {
    this.#graph = graph;
    this.#sysfs = sysfs;
  }

  /** A new interface, or one whose link changed. Resolves when sysfs has been read; rejects never. */
  async update(own: LinkedInterface): Promise<void> {
    const { bus, functions } = own.link;
    if (bus === '') return;
    if (interfaceType(own.link) === 'device' && this.#devices.get(bus) !== own) {
      this.#devices.set(bus, own);
      this.#join(bus);
    }
    const count = functions?.length ?? 0;
    if (count === (this.#counts.get(own) ?? 0)) return;
    this.#counts.set(own, count);
    this.#forgetFunctions(own);
    if (count === 0) return;
    const address = packPciAddress(bus);
    const read = (name: string) =>
      readFile(join(this.#sysfs, 'bus/pci/devices', bus, name), 'utf8').then(Number, () => undefined);
    const [offset, stride] = await Promise.all([read('sriov_offset'), read('sriov_stride')]);
    if (address === undefined || offset === undefined || stride === undefined) return;
    // It may have gone or changed while sysfs was read.
    if (this.#counts.get(own) !== count) return;
    for (const { id } of functions ?? []) {
      const place = formatPciAddress(address + offset + id * stride);
      this.#functions.set(place, { physical: own, id });
      this.#join(place);
    }
  }

  remove(own: LinkedInterface): void {
    this.#counts.delete(own);
    if (this.#devices.get(own.link.bus) === own) this.#devices.delete(own.link.bus);
    this.#forgetFunctions(own);
  }

  #join(place: string): void {
    const found = this.#functions.get(place);
    const device = this.#devices.get(place);
    if (found === undefined || device === undefined) return;
    if (this.#graph.getNode(found.physical.nodeId) === undefined) return;
    if (this.#graph.getNode(device.nodeId) === undefined) return;
    this.#graph.update('node', device.nodeId, { set: { VfID: found.id } });
    this.#graph.addTopologyLink(found.physical.nodeId, device.nodeId, relation.vf);
  }

  #forgetFunctions(physical: LinkedInterface): void {
    for (const [place, found] of this.#functions) {
      if (found.physical !== physical) continue;
      this.#functions.delete(place);
      const device = this.#devices.get(place);
      if (device === undefined || this.#graph.getNode(device.nodeId) === undefined) continue;
      this.#graph.update('node', device.nodeId, { delete: ['VfID'] });
      const edge = this.#graph.firstLink(physical.nodeId, device.nodeId, {
        kind: 'term',
        key: 'RelationType',
        value: relation.vf,
      });
      if (edge !== undefined) this.#graph.deleteEdge(edge.ID);
    }
  }
}
