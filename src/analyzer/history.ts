// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from 'node:path';
import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { History } from '../store/history.js';

/** Folder of the history of a `storage.<name>` section: its `path`, else `history` beside `etcd.data_dir`. */
export function historyFolder(config: Config, name: string): string {
  const given = config.getString(`storage.${name}.path`);
  return given !== '' ? given : join(dirname(config.getString('etcd.data_dir')), 'history');
}

/** Opens what `analyzer.topology.backend` names. Throws SKY_E_CONFIG or SKY_E_STORE naming the key. */
export async function openHistory(config: Config, ownOrigin: string, logger: Logger): Promise<History> {
  const name = config.getString('analyzer.topology.backend');
  const driver = config.getString(`storage.${name}.driver`) || name;
  switch (driver) {
    case 'memory': {
      const { MemoryHistory } = await import('../store/memory/history.js');
      return new MemoryHistory();
    }
    case 'level': {
      const { LevelHistory } = await import('../store/level/history.js');
      // 0 keeps it all.
      const limit = (key: string) => config.getInt(`storage.${name}.${key}`) || Number.POSITIVE_INFINITY;
      return LevelHistory.open({
        folder: historyFolder(config, name),
        configKey: `storage.${name}.path`,
        retention: { maxAgeMs: limit('max_age') * 1000, maxSizeBytes: limit('max_size') },
        ownOrigin,
        logger,
      });
    }
    default:
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `Topology backend driver '${driver}' not supported: analyzer.topology.backend names the section storage.${name}, its driver has to be level or memory`,
      );
  }
}
