// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from './element.js';
import { isMap } from './metadata.js';

/**
 * Top-level node metadata with a shape that every program relies on. The values stay plain JSON, so that every path
 * into them can be queried and the bytes on the wire do not change; only a value of another shape is refused, as the
 * original does when it decodes it. `null` stands for nothing everywhere.
 */
const lists = ['Captures', 'PacketInjections', 'RoutingTables', 'FDB', 'Neighbors', 'Vfs'];
const structs = [
  ...['SFlow', 'Metric', 'LastUpdateMetric'],
  ...['BlockDev', 'BlockdevMetric', 'Container', 'LLDP', 'LXD', 'Neutron', 'Ovs', 'Libvirt', 'Contrail'],
  // Rows of the OVN database
  ...[
    'ACL',
    'AddressSet',
    'Connection',
    'DHCPOptions',
    'DNS',
    'ForwardingGroup',
    'GatewayChassis',
    'HAChassis',
  ],
  ...['HAChassisGroup', 'LoadBalancer', 'LoadBalancerHealthCheck', 'LogicalRouter', 'LogicalRouterPolicy'],
  ...[
    'LogicalRouterPort',
    'LogicalRouterStaticRoute',
    'LogicalSwitch',
    'LogicalSwitchPort',
    'Meter',
    'MeterBand',
  ],
  ...['NAT', 'NBGlobal', 'PortGroup', 'QoS', 'SSL'],
];

type Shape = 'list' | 'struct' | 'counters';

const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...lists.map((key): [string, Shape] => [key, 'list']),
  ...structs.map((key): [string, Shape] => [key, 'struct']),
  ['Metric', 'counters'],
  ['LastUpdateMetric', 'counters'],
]);

/** Why a top-level value of a node is refused, undefined when it is fine. */
export function refusedShape(key: string, value: MetadataValue): string | undefined {
  const shape = shapes.get(key);
  if (shape === undefined || value === null) return undefined;
  if (shape === 'list') {
    const isList = Array.isArray(value) && value.every((item) => item === null || isMap(item));
    return isList ? undefined : 'is no list of objects';
  }
  if (!isMap(value)) return 'is no object';
  if (shape !== 'counters') return undefined;
  const wrong = Object.entries(value).find(([name, count]) => counter.test(name) && !isCount(count));
  return wrong === undefined ? undefined : `has ${wrong[0]} that is no integer`;
}

const counter = /^(Collisions|Multicast|Start|Last|[RT]x[A-Z][A-Za-z]*)$/;

function isCount(value: MetadataValue): boolean {
  return value === null || Number.isInteger(value);
}
