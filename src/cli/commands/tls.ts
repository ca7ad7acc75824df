// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { addCommands } from '../command.js';

export function define(command: Command): void {
  addCommands(command, [
    {
      name: 'init',
      summary: 'Write an authority and certificates for hosts',
      load: () => import('./tls-init.js'),
    },
  ]);
}
