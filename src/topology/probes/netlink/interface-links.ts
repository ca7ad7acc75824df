// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { LinkFacts } from '../../../native/netlink-monitor.js';
import { interfaceType } from './interface-metadata.js';

/** What linking needs to know of an interface that has a node. */
export interface LinkedInterface {
  readonly namespace: number;
  readonly index: number;
  readonly nodeId: string;
  link: LinkFacts;
}

type Role = 'master' | 'lower' | 'peer';

interface State {
  /** Edge by role, as far as the other end is there. */
  readonly edges: Map<Role, string>;
  /** Places whose interface matters to this one, there or not. */
  places: readonly string[];
}

interface Wish {
  readonly role: Role;
  readonly place: string;
}

const roles: readonly Role[] = ['master', 'lower', 'peer'];
const datapathName = 'ovs-system';

function placeOf(namespace: number, index: number): string {
  return `${namespace}/${index}`;
}

/** Where the index of IFLA_LINK counts: here, or in the namespace behind the nsid if that is watched. */
function otherNamespace(own: LinkedInterface): number | undefined {
  return own.link.nsid === undefined ? own.namespace : own.link.peerNamespace;
}

function wishesOf(own: LinkedInterface): Wish[] {
  const { link } = own;
  const wishes: Wish[] = [];
  if (link.master !== undefined) {
    wishes.push({ role: 'master', place: placeOf(own.namespace, link.master) });
  }
  const other = otherNamespace(own);
  if (other === undefined) return wishes;
  const lower = link.parent;
  if (link.kind === 'vlan' && link.vlan !== undefined && lower !== undefined) {
    wishes.push({ role: 'lower', place: placeOf(other, lower) });
  }
  const peer = lower ?? link.peer;
  if (interfaceType(link) === 'veth' && peer !== undefined) {
    wishes.push({ role: 'peer', place: placeOf(other, peer) });
  }
  return wishes;
}

/**
 * The layer2 edges between interfaces (probes.md §4.5), over all namespaces: master → member, lower → vlan, and veth
 * pairs from the higher index to the lower. An end that is not there yet is waited for; an edge whose reason ends is
 * deleted.
 */
export class InterfaceLinks {
  readonly #graph: Graph;
  readonly #at = new Map<string, LinkedInterface>();
  readonly #states = new Map<LinkedInterface, State>();
  /** Place → interfaces that want a link with what is there. */
  readonly #wanted = new Map<string, Set<LinkedInterface>>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  add(own: LinkedInterface): void {
    this.#at.set(placeOf(own.namespace, own.index), own);
    this.#states.set(own, { edges: new Map(), places: [] });
    this.update(own);
  }

  /** The link of the interface changed. */
  update(own: LinkedInterface): void {
    const state = this.#states.get(own);
    if (state === undefined) return;
    const places = wishesOf(own).map(({ place }) => place);
    if (places.length !== state.places.length || places.some((place, at) => place !== state.places[at])) {
      for (const place of state.places) this.#forget(place, own);
      for (const place of places) {
        const waiting = this.#wanted.get(place);
        if (waiting === undefined) this.#wanted.set(place, new Set([own]));
        else waiting.add(own);
      }
      state.places = places;
    }
    this.#join(own, state);
    for (const other of this.#wanted.get(placeOf(own.namespace, own.index)) ?? []) {
      this.#join(other, this.#states.get(other)!);
    }
  }

  /** Call after its node was deleted, or to cut it loose. */
  remove(own: LinkedInterface): void {
    const state = this.#states.get(own);
    if (state === undefined) return;
    const place = placeOf(own.namespace, own.index);
    this.#states.delete(own);
    if (this.#at.get(place) === own) this.#at.delete(place);
    for (const wanted of state.places) this.#forget(wanted, own);
    for (const id of state.edges.values()) this.#graph.deleteEdge(id);
    for (const other of this.#wanted.get(place) ?? []) this.#join(other, this.#states.get(other)!);
  }

  #forget(place: string, own: LinkedInterface): void {
    const waiting = this.#wanted.get(place);
    waiting?.delete(own);
    if (waiting?.size === 0) this.#wanted.delete(place);
  }

  /** Makes the edges of the interface those that it should have now. */
  #join(own: LinkedInterface, state: State): void {
    const wishes = wishesOf(own);
    for (const role of roles) {
      const wish = wishes.find((one) => one.role === role);
      const other = wish === undefined ? undefined : this.#at.get(wish.place);
      const present = state.edges.get(role);
      const wanted = other === undefined ? undefined : this.#edge(role, own, other);
      if (present !== undefined && present !== wanted) this.#graph.deleteEdge(present);
      if (wanted === undefined) state.edges.delete(role);
      else state.edges.set(role, wanted);
    }
  }

  /** Makes the edge unless it is there; its id, or undefined when the two are not to be joined. */
  #edge(role: Role, own: LinkedInterface, other: LinkedInterface): string | undefined {
    if (other === own) return undefined;
    if (role === 'master') {
      return other.link.name === datapathName ? undefined : this.#layer2(other, own, {});
    }
    if (role === 'lower') return this.#layer2(other, own, { Type: 'vlan' });
    // An index may have been taken over meanwhile: a pair is one only if both ends say so.
    if (interfaceType(other.link) !== 'veth') return undefined;
    const back = other.link.parent ?? other.link.peer;
    if (back !== own.index || otherNamespace(other) !== own.namespace) return undefined;
    const ownIsParent = own.index === other.index ? own.namespace < other.namespace : own.index > other.index;
    return ownIsParent
      ? this.#layer2(own, other, { Type: 'veth' })
      : this.#layer2(other, own, { Type: 'veth' });
  }

  #layer2(parent: LinkedInterface, child: LinkedInterface, extra: MetadataMap): string | undefined {
    const { nodeId: above } = parent;
    const { nodeId: below } = child;
    if (this.#graph.getNode(above) === undefined || this.#graph.getNode(below) === undefined)
      return undefined;
    return this.#graph.addTopologyLink(above, below, relation.layer2, extra).ID;
  }
}
