// SPDX-License-Identifier: Apache-2.0

import type { Node } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import { numbersOf, type Row, textMapOf, textOf } from '../../../ovs/value.js';

/** Whether the kernel has told of the node, too: then it is the netlink probe's. */
export function isKernelNode({ Metadata }: Node): boolean {
  return Metadata['EncapType'] !== undefined;
}

/**
 * The node that the netlink probe made for an interface of Open vSwitch (probes.md §7.3): of the same name and index,
 * and with its address. One with another address is it only in the host's own namespace, where no second interface
 * has its name: the address may have changed a moment ago. Without an index the address must be the same, or that of
 * before (`formerAddress`): Open vSwitch loses sight of an interface that goes to another namespace.
 */
export function kernelNodeOf(
  graph: Graph,
  hostNodeId: string,
  row: Row,
  formerAddress: string | undefined,
  isFree: (node: Node) => boolean,
): Node | undefined {
  const index = numbersOf(row['ifindex'])[0] ?? 0;
  const attached = textMapOf(row['external_ids']).get('attached-mac');
  const addresses = [textOf(row['mac_in_use']), attached, formerAddress];
  const hasAddress = ({ Metadata }: Node) =>
    Metadata['MAC'] !== undefined && addresses.includes(Metadata['MAC'] as string);
  const named = graph
    .lookupNodes({ kind: 'term', key: 'Name', value: textOf(row['name']) })
    .filter((node) => isKernelNode(node) && isFree(node))
    .filter(({ Metadata }) => index <= 0 || Metadata['IfIndex'] === index);
  const found = named.find(hasAddress);
  if (found !== undefined || index <= 0) return found;
  const owned = { kind: 'term', key: 'RelationType', value: relation.ownership } as const;
  return named.find(({ ID }) => graph.firstLink(hostNodeId, ID, owned) !== undefined);
}
