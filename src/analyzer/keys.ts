// SPDX-License-Identifier: Apache-2.0

import { declareKeys, positive } from '../config/key.js';

export const analyzerKeys = declareKeys([
  {
    key: 'analyzer.listen',
    type: 'string',
    default: '127.0.0.1:8082',
    doc: 'Address of the analyzer API; the same port in UDP receives flows when flow.protocol is udp.',
    format: 'address',
  },
  {
    key: 'analyzer.auth.api.backend',
    type: 'string',
    default: 'noauth',
    doc: 'Name of the auth section that guards the API and the public WebSocket endpoints.',
    deprecated: ['auth.type'],
  },
  {
    key: 'analyzer.auth.cluster.backend',
    type: 'string',
    default: 'noauth',
    doc: 'Name of the auth section that guards the endpoints of agents and other analyzers.',
    deprecated: ['auth.type'],
  },
  {
    key: 'analyzer.auth.cluster.username',
    type: 'string',
    doc: 'User name sent to other analyzers.',
    deprecated: ['auth.analyzer_username'],
  },
  {
    key: 'analyzer.auth.cluster.password',
    type: 'string',
    doc: 'Password sent to other analyzers.',
    deprecated: ['auth.analyzer_password'],
    secret: true,
  },
  {
    key: 'analyzer.topology.backend',
    type: 'string',
    default: 'level',
    doc: 'Name of the storage section that keeps the history of the graph; memory keeps none.',
    deprecated: ['graph.backend'],
  },
  {
    key: 'analyzer.flow.backend',
    type: 'string',
    default: 'level',
    doc: 'Name of the storage section that keeps flows; memory keeps none.',
    deprecated: ['analyzer.storage.backend'],
  },
  {
    key: 'analyzer.flow.max_buffer_size',
    type: 'int',
    default: 100_000,
    unit: 'flows',
    doc: 'Size of the receive queue; flows beyond it are dropped and counted.',
    deprecated: ['analyzer.storage.max_flow_buffer_size'],
    check: positive,
  },
  {
    key: 'analyzer.startup.capture_gremlin',
    type: 'string',
    sample: "G.V().Has('Name', 'eth0')",
    doc: 'Query of a capture that is made when the analyzer starts, unless there is one like it.',
  },
  {
    key: 'analyzer.startup.capture_bpf',
    type: 'string',
    sample: 'tcp port 80',
    doc: 'Filter of the capture of analyzer.startup.capture_gremlin.',
  },
  {
    key: 'analyzer.startup.capture_type',
    type: 'string',
    sample: 'afpacket',
    doc: 'Type of the capture of analyzer.startup.capture_gremlin.',
  },
  { key: 'analyzer.replication.debug', type: 'bool', doc: 'Not read.', unused: true },
]);
