// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';

export const agentKeys = declareKeys([
  {
    key: 'agent.listen',
    type: 'string',
    default: '127.0.0.1:8081',
    doc: 'Address of the agent API.',
    format: 'address',
  },
  {
    key: 'agent.auth.api.backend',
    type: 'string',
    default: 'noauth',
    doc: 'Name of the auth section that guards the agent API.',
    deprecated: ['auth.type'],
  },
  {
    key: 'agent.auth.cluster.username',
    type: 'string',
    doc: 'User name sent to the analyzers.',
    deprecated: ['auth.analyzer_username'],
  },
  {
    key: 'agent.auth.cluster.password',
    type: 'string',
    doc: 'Password sent to the analyzers.',
    deprecated: ['auth.analyzer_password'],
    secret: true,
  },
  {
    key: 'agent.flow.probes',
    type: 'list',
    default: ['gopacket', 'pcapsocket'],
    doc: 'Not read any more: every flow probe is there.',
    unused: true,
  },
]);
