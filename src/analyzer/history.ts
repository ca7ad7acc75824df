// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { History } from '../store/history.js';
import { backendOf } from './backend.js';
import { retentionOf } from './retention.js';

/** Opens what `analyzer.topology.backend` names. Throws SKY_E_CONFIG or SKY_E_STORE naming the key. */
export async function openHistory(config: Config, ownOrigin: string, logger: Logger): Promise<History> {
  const { name, driver, folder, folderKey } = backendOf(config, 'analyzer.topology.backend');
  switch (driver) {
    case 'memory': {
      const { MemoryHistory } = await import('../store/memory/history.js');
      return new MemoryHistory();
    }
    case 'level': {
      const { LevelHistory } = await import('../store/level/history.js');
      return LevelHistory.open({
        folder,
        configKey: folderKey,
        retention: retentionOf(config, name),
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
