// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';

/** Probes that `agent.topology.probes` may name. `hardware`, `netlink` and `netns` run whether named or not. */
export const probeNames: readonly string[] = [
  'bess',
  'blockdev',
  'docker',
  'hardware',
  'libvirt',
  'lldp',
  'lxd',
  'netlink',
  'netns',
  'neutron',
  'opencontrail',
  'ovsdb',
  'runc',
  'socketinfo',
  'vpp',
];

export const topologyKeys = declareKeys([
  {
    key: 'agent.topology.probes',
    type: 'list',
    default: ['ovsdb'],
    doc: `Probes that run beside hardware, netlink and netns: ${probeNames.join(', ')}.`,
    check: (value) => {
      const unknown = (value as readonly string[]).filter((name) => !probeNames.includes(name));
      if (unknown.length === 0) return undefined;
      return `unsupported probe ${unknown.join(', ')}; known are ${probeNames.join(', ')}`;
    },
  },
  {
    key: 'agent.topology.netlink.metrics_update',
    type: 'int',
    default: 30,
    unit: 's',
    doc: 'Period of the interface metrics.',
  },
  {
    key: 'agent.topology.netns.run_path',
    type: 'string',
    default: '/var/run/netns',
    doc: 'Folder that is watched for network namespaces.',
    deprecated: ['netns.run_path'],
  },
  {
    key: 'agent.metadata',
    type: 'map',
    sample: { info: 'compute node 1' },
    doc: 'Metadata merged at top level into the host node; names become lower case.',
    wrongType: 'agent.metadata has wrong format, it must be a map',
  },
  {
    key: 'agent.metadata_config.files',
    type: 'any',
    sample: [{ path: '/etc/app.yml', type: 'yaml', name: 'app', selector: 'server.name' }],
    doc: 'Values taken out of files, kept up to date in Config.<name> of the host node: a list of {path, type, name, selector}; type is json, toml, yaml, yml, properties, props, prop, hcl or ini.',
    check: (value) => {
      if (!Array.isArray(value)) return 'it must be a list of {path, type, name, selector}';
      const bad = value.findIndex(
        (entry) =>
          typeof entry !== 'object' ||
          entry === null ||
          ['path', 'type', 'name', 'selector'].some((member) => typeof entry[member] !== 'string'),
      );
      return bad < 0 ? undefined : `entry ${bad} must have the texts path, type, name and selector`;
    },
  },
]);
