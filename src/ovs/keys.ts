// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';
import { messageOf } from '../errors.js';
import { parseEndpoint } from './endpoint.js';

export const ovsKeys = declareKeys([
  {
    key: 'ovs.ovsdb',
    type: 'string',
    default: 'unix:///var/run/openvswitch/db.sock',
    doc: 'The database of Open vSwitch: unix:///path, tcp://host:port or host:port.',
    check: (value) => {
      try {
        parseEndpoint(String(value));
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
  },
  {
    key: 'ovs.enable_stats',
    type: 'bool',
    default: false,
    doc: 'Show what Open vSwitch counts on each of its interfaces (Ovs.Metric).',
  },
]);
