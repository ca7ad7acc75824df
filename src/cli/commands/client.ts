// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { addOptions } from '../client/connection.js';
import { addCommands, type CommandEntry } from '../command.js';

export const commands: readonly CommandEntry[] = [
  {
    name: 'capture',
    summary: 'Create, list, show or delete captures',
    load: () => import('./client-capture.js'),
  },
  {
    name: 'edge',
    summary: 'Create, list, show, change or delete edges',
    load: () => import('./client-edge.js'),
  },
  {
    name: 'injection',
    aliases: ['inject-packet'],
    summary: 'Send packets from nodes; list, show or end what is sent',
    load: () => import('./client-injection.js'),
  },
  {
    name: 'node',
    summary: 'Create, list, show, change or delete nodes',
    load: () => import('./client-node.js'),
  },
  {
    name: 'pcap',
    summary: 'Make flows of a capture file',
    load: () => import('./client-pcap.js'),
  },
  {
    name: 'query',
    summary: 'Ask a Gremlin query',
    load: () => import('./client-query.js'),
  },
  {
    name: 'shell',
    summary: 'Ask Gremlin queries one after another',
    load: () => import('./client-shell.js'),
  },
  {
    name: 'rbac',
    summary: 'Show, check or load who may do what',
    load: () => import('./client-rbac.js'),
  },
  {
    name: 'status',
    summary: 'Show the status of the analyzer',
    load: () => import('./client-status.js'),
  },
  {
    name: 'topology',
    summary: 'Query, export or import the topology',
    load: () => import('./client-topology.js'),
  },
];

export { addOptions };

export function define(command: Command): void {
  addOptions(command);
  addCommands(command, commands);
}
