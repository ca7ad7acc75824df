// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from 'node:path';
import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { History } from '../store/history.js';

/** Where the history is kept: `path` of the storage section, else `history` beside `etcd.data_dir`. */
export interface HistoryPlace {
  readonly folder: string;
  /** What sets the folder. */
  readonly key: string;
}

/** Undefined where `analyzer.topology.backend` keeps no history. */
export function historyPlace(config: Config): HistoryPlace | undefined {
  const { name, driver } = backend(config);
  if (driver !== 'level') return undefined;
  const key = `storage.${name}.path`;
  const folder = config.getString(key) || join(dirname(config.getString('etcd.data_dir')), 'history');
  return { folder, key };
}

function backend(config: Config) {
  const name = config.getString('analyzer.topology.backend');
  return { name, driver: config.getString(`storage.${name}.driver`) || name };
}

/** Opens what `analyzer.topology.backend` names. Throws SKY_E_CONFIG or SKY_E_STORE naming the key. */
export async function openHistory(config: Config, ownOrigin: string, logger: Logger): Promise<History> {
  const { name, driver } = backend(config);
  switch (driver) {
    case 'memory': {
      const { MemoryHistory } = await import('../store/memory/history.js');
      return new MemoryHistory();
    }
    case 'level': {
      const { LevelHistory } = await import('../store/level/history.js');
      // 0 keeps it all.
      const limit = (key: string) => config.getInt(`storage.${name}.${key}`) || Number.POSITIVE_INFINITY;
      const { folder, key } = historyPlace(config)!;
      return LevelHistory.open({
        folder,
        configKey: key,
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
