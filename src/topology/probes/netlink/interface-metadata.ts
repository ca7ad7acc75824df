// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue } from '../../../graph/element.js';
import type { BondPortFacts, LinkFacts, VirtualFunctionFacts } from '../../../native/netlink-monitor.js';
import { linkFlagNames } from './bit-names.js';
import { encapType } from './encap-type.js';

/** IF_OPER_* of linux/if.h. */
const operationalStates = ['UNKNOWN', 'NOT-PRESENT', 'DOWN', 'LOWER-LAYER-DOWN', 'TESTING', 'DORMANT', 'UP'];

/** BOND_MODE_* of linux/if_bonding.h. */
const bondModes = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
];

/** BOND_STATE_* and BOND_LINK_* of linux/if_bonding.h. */
const bondStates = ['ACTIVE', 'BACKUP'];
const bondMiiStates = ['UP', 'GOING_DOWN', 'DOWN', 'GOING_BACK'];

/**
 * Keys that a link message decides alone: those it does not give any more are deleted. Others on the same node
 * belong to other probes.
 */
export const linkKeys = [
  'MTU',
  'MAC',
  'MasterIndex',
  'ParentIndex',
  'Speed',
  'Vlan',
  'BondMode',
  'BondSlave',
  'PeerIfIndex',
  'LinkNetNsID',
  'LinkNetNsName',
  'Vfs',
] as const;

/** The driver as the graph has it: a bridge has one whether or not it says so. */
export function driverOf(link: LinkFacts): string {
  return link.driver === '' && link.kind === 'bridge' ? 'bridge' : link.driver;
}

/** `Type` of the node of an interface that no other probe has typed. */
export function interfaceType(link: LinkFacts): string {
  if (link.driver === 'veth') return 'veth';
  if (link.kind === '') return 'device';
  return link.kind === 'tun' ? 'tuntap' : link.kind;
}

function bondSlave(port: BondPortFacts): MetadataMap {
  return {
    Type: 'bond',
    State: bondStates[port.state] ?? `${port.state}`,
    MiiStatus: bondMiiStates[port.miiStatus] ?? `${port.miiStatus}`,
    LinkFailureCount: port.linkFailureCount,
    PermMAC: port.permMac,
    QueueId: port.queueId,
    AggregatorId: port.aggregatorId,
    AdActorOperPortState: port.actorState,
    AdPartnerOperPortState: port.partnerState,
  };
}

function virtualFunction(facts: VirtualFunctionFacts): MetadataMap {
  return {
    ...(facts.id !== 0 && { ID: facts.id }),
    ...(facts.linkState && { LinkState: facts.linkState }),
    ...(facts.mac && { MAC: facts.mac }),
    ...(facts.qos && { Qos: facts.qos }),
    ...(facts.spoofCheck && { Spoofchk: true }),
    ...(facts.txRate && { TxRate: facts.txRate }),
    ...(facts.vlan && { Vlan: facts.vlan }),
  };
}

/**
 * Metadata that the link itself gives (probes.md §4.2), `Type` included. `peerName` is the name of the namespace
 * that the link's nsid leads to, empty while unknown.
 */
export function linkMetadata(
  index: number,
  link: LinkFacts,
  peerName: string,
): Record<string, MetadataValue> {
  const flags = linkFlagNames(link.flags);
  const metadata: Record<string, MetadataValue> = {
    Name: link.name,
    Type: interfaceType(link),
    EncapType: encapType(link.type),
    IfIndex: index,
    Driver: driverOf(link),
    State: operationalStates[link.state] ?? 'UNKNOWN',
    LinkFlags: flags.length > 0 ? flags : null,
    BusInfo: link.bus,
  };
  if (link.mtu !== undefined) metadata['MTU'] = link.mtu;
  if (link.mac !== undefined) metadata['MAC'] = link.mac;
  if (link.master !== undefined) metadata['MasterIndex'] = link.master;
  if (link.parent !== undefined) metadata['ParentIndex'] = link.parent;
  if (link.speed !== undefined) metadata['Speed'] = link.speed;
  if (link.kind === 'vlan' && link.vlan !== undefined) metadata['Vlan'] = link.vlan;
  if (link.bondMode !== undefined) metadata['BondMode'] = bondModes[link.bondMode] ?? `${link.bondMode}`;
  if (link.bondPort !== undefined) metadata['BondSlave'] = bondSlave(link.bondPort);
  if (link.peer !== undefined) metadata['PeerIfIndex'] = link.peer;
  if (link.nsid !== undefined) {
    metadata['LinkNetNsID'] = link.nsid;
    metadata['LinkNetNsName'] = peerName;
  }
  if (link.functions !== undefined) metadata['Vfs'] = link.functions.map(virtualFunction);
  return metadata;
}
