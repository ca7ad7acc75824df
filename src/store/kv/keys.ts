// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { declareKeys, notNegative, positive } from '../../config/key.js';

export const etcdKeys = declareKeys([
  {
    key: 'etcd.embedded',
    type: 'bool',
    default: true,
    doc: 'The analyzer serves the key-value store itself.',
  },
  {
    key: 'etcd.listen',
    type: 'string',
    default: '127.0.0.1:12379',
    doc: 'Address of the embedded key-value store; peers use the port after it.',
    format: 'address',
  },
  {
    key: 'etcd.servers',
    type: 'list',
    sample: ['http://127.0.0.1:12379'],
    doc: 'URLs of the etcd servers the analyzer uses.',
    defaultText: 'one of `analyzers` with the port of etcd.listen',
  },
  {
    key: 'etcd.data_dir',
    type: 'string',
    default: '/var/lib/skydive/etcd',
    doc: 'Folder of the embedded key-value store.',
  },
  {
    key: 'etcd.name',
    type: 'string',
    default: hostname(),
    defaultText: 'the host name',
    doc: 'Name of this member in etcd.peers.',
  },
  {
    key: 'etcd.peers',
    type: 'map',
    sample: { 'analyzer-1': 'http://10.0.0.1:12380' },
    doc: 'Members of an etcd cluster: name and URL (several separated by commas); names become lower case.',
  },
  {
    key: 'etcd.max_wal_files',
    type: 'int',
    default: 5,
    doc: 'Write-ahead files an etcd cluster member keeps, 0 = all.',
    check: notNegative,
  },
  {
    key: 'etcd.max_snap_files',
    type: 'int',
    default: 5,
    doc: 'Snapshot files an etcd cluster member keeps, 0 = all.',
    check: notNegative,
  },
  {
    key: 'etcd.client_timeout',
    type: 'int',
    default: 5,
    unit: 's',
    doc: 'Time an etcd request may take.',
    check: positive,
  },
  {
    key: 'etcd.username',
    type: 'string',
    doc: 'User of the etcd servers.',
    defaultText: 'analyzer.auth.cluster.username',
  },
  { key: 'etcd.password', type: 'string', doc: 'Password of etcd.username.', secret: true },
  { key: 'etcd.debug', type: 'bool', doc: 'Log every request to the key-value store.' },
  {
    key: 'etcd.api',
    type: 'string',
    default: 'auto',
    doc: 'Which API the etcd servers speak: auto, v2 or v3.',
    check: (value) =>
      ['auto', 'v2', 'v3'].includes(String(value)) ? undefined : 'it must be auto, v2 or v3',
  },
  {
    key: 'etcd.allow_unauthenticated',
    type: 'bool',
    default: false,
    doc: 'Serve the embedded key-value store on other than loopback addresses without authentication.',
  },
]);
