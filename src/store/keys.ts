// SPDX-License-Identifier: Apache-2.0

import { declareKeys, notNegative } from '../config/key.js';

export const storeKeys = declareKeys([
  {
    key: 'storage.*.driver',
    type: 'string',
    doc: 'Kind of the storage: level or memory. The values of the section named like it are the defaults of this one.',
    inherits: true,
  },
  {
    key: 'storage.memory.driver',
    type: 'string',
    default: 'memory',
    doc: 'Keeps the present only, no history.',
  },
  {
    key: 'storage.level.driver',
    type: 'string',
    default: 'level',
    doc: 'Keeps history in files of this host.',
  },
  {
    key: 'storage.*.path',
    type: 'string',
    doc: 'level: folder of the history.',
    defaultText: 'the folder `history` beside etcd.data_dir',
  },
  {
    key: 'storage.level.path',
    type: 'string',
    sample: '/var/lib/skydive/history',
    doc: 'Folder of the history.',
    defaultText: 'the folder `history` beside etcd.data_dir',
  },
  {
    key: 'storage.*.bulk_maxdelay',
    type: 'int',
    unit: 's',
    doc: 'Flows that arrive are stored when 100 wait, or after this time; 0 stands for 5.',
    check: notNegative,
  },
  { key: 'storage.*.max_age', type: 'duration', doc: 'level: older history is removed, 0 keeps it all.' },
  {
    key: 'storage.level.max_age',
    type: 'duration',
    default: '7d',
    doc: 'Older history is removed, 0 keeps it all.',
    check: notNegative,
  },
  {
    key: 'storage.*.max_size',
    type: 'size',
    doc: 'level: the oldest history beyond this size is removed, 0 keeps it all.',
  },
  {
    key: 'storage.level.max_size',
    type: 'size',
    default: '10GiB',
    doc: 'The oldest history beyond this size is removed, 0 keeps it all.',
    check: notNegative,
  },
]);
