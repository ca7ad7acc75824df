// SPDX-License-Identifier: Apache-2.0

import type { Authenticator, Permission } from './authenticator.js';

/** Everything that a policy can speak of: object → actions (behaviour of the original's bundled policy). */
const actionsByObject: Readonly<Record<string, readonly string[]>> = {
  alert: ['read', 'write'],
  capture: ['read', 'write', 'rawpackets'],
  config: ['read'],
  edge: ['read', 'write'],
  edgerule: ['read', 'write'],
  injectpacket: ['read', 'write'],
  node: ['read', 'write'],
  noderule: ['read', 'write'],
  pcap: ['write'],
  status: ['read'],
  topology: ['read'],
  websocket: [
    '/ws/agent/flow',
    '/ws/agent/topology',
    '/ws/publisher',
    '/ws/pubsub',
    '/ws/replication',
    '/ws/subscriber',
    '/ws/subscriber/flow',
  ],
  workflow: ['read', 'write'],
  'workflow.call': ['write'],
};

const everything: readonly Permission[] = Object.entries(actionsByObject).flatMap(([object, actions]) =>
  actions.map((action) => ({ Object: object, Action: action, Allowed: true })),
);

/** Backend `noauth`: whatever a client sends, it is `admin` and may do everything. */
export function noauth(service: 'analyzer' | 'agent'): Authenticator {
  return {
    authenticate: () => 'admin',
    login: () => ({ user: 'admin', token: '' }),
    assignDefaultRole() {},
    allows: () => true,
    permissions: () => (service === 'analyzer' ? everything : null),
  };
}
