// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { historyContract } from '../history.contract.js';
import { LevelHistory } from './history.js';

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

historyContract('level', {
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skydive-history-'));
    folders.push(folder);
    return LevelHistory.open({ folder: join(folder, 'h') });
  },
  keeps: true,
});
