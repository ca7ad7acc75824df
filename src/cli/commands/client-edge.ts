// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import type { Connection } from '../client/connection.js';
import { textOf } from '../client/request.js';
import { getResource } from '../client/resource.js';
import { CommandFailure } from '../failure.js';
import { defineElement } from './element.js';

async function mustExist(connection: Connection, role: 'parent' | 'child', id: string): Promise<void> {
  try {
    await textOf((await getResource(connection, 'node', id)).body);
  } catch (error) {
    throw new CommandFailure(`Could not find ${role} node: ${messageOf(error)}`, { cause: error });
  }
}

export function define(command: Command): void {
  defineElement(command, {
    kind: 'edge',
    addCreateOptions(create) {
      create
        .option('--edge-type <type>', 'RelationType of the edge', '')
        .option('--parent <id>', 'node that it starts at', '')
        .option('--child <id>', 'node that it ends at', '');
    },
    async prepare(connection, { edgeType, parent = '', child = '' }) {
      await mustExist(connection, 'parent', parent);
      await mustExist(connection, 'child', child);
      return {
        metadata: edgeType ? { RelationType: edgeType } : {},
        members: { Parent: parent, Child: child },
      };
    },
  });
}
