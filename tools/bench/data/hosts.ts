// SPDX-License-Identifier: Apache-2.0
// A made-up data centre: hosts of 100 nodes each (namespaces, interfaces, veths, pods), 12 keys a node, as many edges
// as nodes, and links between the hosts. The same on every run.

import type { Edge, MetadataMap, Node } from '../../../src/graph/element.js';
import { Graph } from '../../../src/graph/graph.js';
import { makeEdge, makeNode } from '../../../src/graph/revision.js';

export const nodesPerHost = 100;
const created = 1_700_000_000_000;

function idOf(host: number, index: number, kind: 'node' | 'edge'): string {
  const middle = kind === 'node' ? '6000' : '7000';
  return `${host.toString(16).padStart(8, '0')}-0000-5000-${middle}-${index.toString(16).padStart(12, '0')}`;
}

function typeOf(index: number): string {
  if (index === 0) return 'host';
  if (index <= 7) return 'netns';
  if (index <= 59) return 'device';
  return index <= 79 ? 'veth' : 'pod';
}

function nameOf(host: number, index: number): string {
  switch (typeOf(index)) {
    case 'host':
      return `host-${host}`;
    case 'netns':
      return `ns${index}`;
    case 'device':
      return `eth${(host * 52 + index) % 100}`;
    case 'veth':
      return `veth${host.toString(36)}-${index}`;
    default:
      return `pod-${host.toString(36)}-${index}`;
  }
}

function metadata(host: number, index: number): MetadataMap {
  const bytes = [host >> 16, host >> 8, host, index >> 8, index].map((byte) => (byte & 255).toString(16));
  return {
    Name: nameOf(host, index),
    Type: typeOf(index),
    TID: idOf(host, index, 'node').replace('6000', '4fff'),
    MAC: `02:${bytes.map((byte) => byte.padStart(2, '0')).join(':')}`,
    State: index % 9 === 0 ? 'DOWN' : 'UP',
    Driver: typeOf(index) === 'device' ? 'virtio_net' : 'veth',
    MTU: 1500 + (index % 7),
    IfIndex: index,
    Speed: 10000,
    EncapType: 'ether',
    IPV4: [`10.${(host >> 8) & 255}.${host & 255}.${index}/24`],
    ParentIndex: index % 50,
  };
}

export function* hostNodes(host: number): Generator<Node> {
  const name = `host-${host}`;
  for (let i = 0; i < nodesPerHost; i++) {
    const at = created + host;
    yield makeNode(idOf(host, i, 'node'), metadata(host, i), name, `agent.${name}`, at, at, null, 1);
  }
}

/** Links of a host to three others, chosen at random but always the same. */
function peersOf(host: number, hosts: number): readonly number[] {
  const peers = [Math.imul(host, 0x9e3779b1) >>> 0, Math.imul(host + 1, 0x85ebca6b) >>> 0].map(
    (n) => n % hosts,
  );
  return [...peers, Math.max(0, host - 1)].filter((peer) => peer !== host);
}

export function* hostEdges(host: number, hosts: number): Generator<Edge> {
  const name = `host-${host}`;
  const edge = (index: number, relation: string, parent: string, child: string): Edge => {
    const id = idOf(host, index, 'edge');
    return makeEdge(
      id,
      { RelationType: relation },
      name,
      `agent.${name}`,
      created,
      created,
      null,
      1,
      parent,
      child,
    );
  };
  for (let i = 1; i < nodesPerHost; i++) {
    const parent = i > 59 && i <= 79 ? (i % 7) + 1 : 0;
    yield edge(i, 'ownership', idOf(host, parent, 'node'), idOf(host, i, 'node'));
  }
  let index = nodesPerHost;
  for (const peer of peersOf(host, hosts)) {
    // Interface to interface: three hops from host to host.
    yield edge(
      index,
      'layer2',
      idOf(host, 8 + index - nodesPerHost, 'node'),
      idOf(peer, 20 + (host % 30), 'node'),
    );
    index++;
  }
}

/** The live graph of that many nodes. */
export function dataCentre(nodeCount: number): Graph {
  const hosts = Math.ceil(nodeCount / nodesPerHost);
  const graph = new Graph({ host: 'analyzer', origin: 'analyzer.analyzer' });
  for (let host = 0; host < hosts; host++) for (const node of hostNodes(host)) graph.applyNodeAdded(node);
  for (let host = 0; host < hosts; host++)
    for (const edge of hostEdges(host, hosts)) graph.applyEdgeAdded(edge);
  return graph;
}
