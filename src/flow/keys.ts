// SPDX-License-Identifier: Apache-2.0

import { type ConfigKey, type ConfigValue, declareKeys, positive } from '../config/key.js';

function oneOf(...names: string[]): (value: ConfigValue) => string | undefined {
  return (value) =>
    names.includes(String(value).toLowerCase())
      ? undefined
      : `it must be one of ${names.join(', ')} (in either case)`;
}

/** Where Open vSwitch sends to. */
function listenKeys(
  name: 'sflow' | 'netflow',
  portMin: number,
  portMax: number,
  renamed: boolean,
): ConfigKey[] {
  const spelled = name === 'sflow' ? 'sFlow' : 'NetFlow';
  const row = (member: string, rest: Pick<ConfigKey, 'type' | 'default' | 'doc' | 'check'>): ConfigKey => ({
    key: `agent.flow.${name}.${member}`,
    ...rest,
    ...(renamed && { deprecated: [`${name}.${member}`] }),
  });
  return [
    row('bind_address', {
      type: 'string',
      default: '127.0.0.1',
      doc: `Address on which captures of type ovs${name} take the ${spelled} of Open vSwitch.`,
    }),
    row('port_min', {
      type: 'int',
      default: portMin,
      doc: `First UDP port for the ${spelled} of Open vSwitch; each capture takes one that is free.`,
      check: isPort,
    }),
    row('port_max', {
      type: 'int',
      default: portMax,
      doc: `Last UDP port for the ${spelled} of Open vSwitch.`,
      check: isPort,
    }),
  ];
}

function isPort(value: ConfigValue): string | undefined {
  const port = Number(value);
  return port >= 1 && port <= 65_535 ? undefined : 'it must be a port, 1 to 65535';
}

export const flowKeys = declareKeys([
  {
    key: 'agent.capture.stats_update',
    type: 'int',
    default: 1,
    unit: 's',
    doc: 'Period in which the packet counters of running captures are shown on their nodes.',
    deprecated: ['agent.flow.stats_update'],
    check: positive,
  },
  {
    key: 'agent.capture.ring_size',
    type: 'size',
    default: '4MiB',
    unit: 'bytes',
    doc: 'Memory shared with the kernel in which the packets of one capture wait to be read.',
    check: positive,
  },
  ...listenKeys('sflow', 6345, 6355, true),
  ...listenKeys('netflow', 6365, 6375, false),
  {
    key: 'agent.flow.pcapsocket.bind_address',
    type: 'string',
    default: '127.0.0.1',
    doc: 'Address on which captures of type pcapsocket take capture files.',
  },
  {
    key: 'agent.flow.pcapsocket.min_port',
    type: 'int',
    default: 8100,
    doc: 'First TCP port that such a capture may take.',
    check: isPort,
  },
  {
    key: 'agent.flow.pcapsocket.max_port',
    type: 'int',
    default: 8132,
    doc: 'Last TCP port that such a capture may take.',
    check: isPort,
  },
  {
    key: 'flow.expire',
    type: 'int',
    default: 600,
    unit: 's',
    doc: 'A flow without packets for that long expires.',
    check: positive,
  },
  {
    key: 'flow.update',
    type: 'int',
    default: 60,
    unit: 's',
    doc: 'Period of flow updates.',
    check: positive,
  },
  {
    key: 'flow.max_entries',
    type: 'int',
    default: 500_000,
    unit: 'flows',
    doc: 'Size of each flow table; the least recently used flow makes room.',
    check: positive,
  },
  {
    key: 'flow.protocol',
    type: 'string',
    default: 'udp',
    doc: 'How agents send flows: udp or websocket; the same on both sides.',
    check: (value) =>
      oneOf('udp', 'websocket')(value) === undefined
        ? undefined
        : `Invalid protocol ${String(value)}; it must be udp or websocket`,
  },
  {
    key: 'flow.default_layer_key_mode',
    type: 'string',
    sample: 'L2',
    defaultText: 'L2',
    doc: 'What tells flows apart in new captures: L2 or L3.',
    check: oneOf('l2', 'l3'),
  },
  {
    key: 'flow.application_ports.tcp',
    type: 'map',
    sample: { 8080: 'http' },
    doc: 'Application names by TCP port; names become upper case.',
  },
  {
    key: 'flow.application_ports.udp',
    type: 'map',
    sample: { 5353: 'mdns' },
    doc: 'Application names by UDP port; names become upper case.',
  },
  {
    key: 'flow.application_timeout',
    type: 'map',
    default: { arp: 10, dns: 10 },
    unit: 's',
    doc: 'Expiry by application, instead of flow.expire; the map replaces the default one.',
  },
]);
