// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { defineElement } from './element.js';

export function define(command: Command): void {
  defineElement(command, {
    kind: 'node',
    addCreateOptions(create) {
      create
        .option('--node-name <name>', 'Name of the node', '')
        .option('--node-type <type>', 'Type of the node', '');
    },
    prepare: async (_connection, { nodeName, nodeType }) => ({
      metadata: { ...(nodeName ? { Name: nodeName } : {}), ...(nodeType ? { Type: nodeType } : {}) },
      members: {},
    }),
  });
}
