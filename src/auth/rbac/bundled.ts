// SPDX-License-Identifier: Apache-2.0

import type { PolicyLine } from './line.js';

const everything: Readonly<Record<string, readonly string[]>> = {
  alert: ['read', 'write'],
  capture: ['read', 'write', 'rawpackets'],
  config: ['read'],
  edge: ['read', 'write'],
  edgerule: ['read', 'write'],
  injectpacket: ['read', 'write'],
  node: ['read', 'write'],
  noderule: ['read', 'write'],
  pcap: ['write'],
  rbac: ['read', 'write'],
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

/** What a guest may do, and what it is told of and may not. Of the rest there is no line: refused as well. */
const ofGuest = new Map<string, boolean>([
  ...['alert', 'capture', 'injectpacket', 'workflow'].flatMap((object) => [
    [`${object} read`, false] as const,
    [`${object} write`, false] as const,
  ]),
  ['capture rawpackets', false],
  ['config read', false],
  ['pcap write', false],
  ['status read', true],
  ['topology read', true],
  ['websocket /ws/agent/flow', false],
  ['websocket /ws/agent/topology', false],
  ['websocket /ws/publisher', false],
  ['websocket /ws/replication', false],
  ['websocket /ws/subscriber', true],
  ['websocket /ws/subscriber/flow', false],
]);

/** The policy that comes with the program: the roles `admin` and `guest` (behaviour of the original). */
export const bundledPolicy: readonly PolicyLine[] = Object.entries(everything).flatMap(([object, actions]) =>
  actions.flatMap((action): PolicyLine[] => {
    const guest = ofGuest.get(`${object} ${action}`);
    const admin = { kind: 'p', subject: 'admin', object, action, allowed: true } as const;
    return guest === undefined ? [admin] : [admin, { ...admin, subject: 'guest', allowed: guest }];
  }),
);
