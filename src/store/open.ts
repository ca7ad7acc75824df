// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from 'node:path';
import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { History } from './history.js';

export interface OpenHistoryOptions {
  /** Name of the storage section: the value of `analyzer.topology.backend`. */
  readonly storage: string;
  /** `analyzer.<host id>`: what it made is closed at the start. */
  readonly ownOrigin: string;
  readonly logger: Logger;
}

/** Opens the history that the configuration names. Throws SKY_E_CONFIG for an unknown driver, SKY_E_STORE for a folder that cannot be used. */
export async function openHistory(config: Config, options: OpenHistoryOptions): Promise<History> {
  const section = `storage.${options.storage}`;
  const driver = config.get(`${section}.driver`) ?? options.storage;
  switch (driver) {
    case 'memory': {
      const { MemoryHistory } = await import('./memory/history.js');
      return new MemoryHistory();
    }
    case 'level': {
      const { LevelHistory } = await import('./level/history.js');
      const { ownOrigin, logger } = options;
      const { folder, maxAgeMs, maxSizeBytes } = levelSettings(config, section);
      return LevelHistory.open({
        folder: join(folder, 'topology'),
        configKey: `${section}.path`,
        retention: {
          ...(maxAgeMs > 0 ? { maxAgeMs } : {}),
          ...(maxSizeBytes > 0 ? { maxSizeBytes } : {}),
        },
        ownOrigin,
        logger,
      });
    }
    default:
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `${section}.driver is "${String(driver)}", which keeps no topology history: use level or memory`,
      );
  }
}

export interface LevelSettings {
  readonly folder: string;
  /** 0: for ever. */
  readonly maxAgeMs: number;
  /** 0: without limit. */
  readonly maxSizeBytes: number;
}

/** The settings of a section with driver `level`; the folder is shared with the flows' history. */
export function levelSettings(config: Config, section: string): LevelSettings {
  const path = config.get(`${section}.path`);
  const folder =
    typeof path === 'string' && path !== ''
      ? path
      : join(dirname(config.getString('etcd.data_dir')), 'history');
  return {
    folder,
    maxAgeMs: config.getInt(`${section}.max_age`) * 1000,
    maxSizeBytes: config.getInt(`${section}.max_size`),
  };
}
