// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import type { RunOptions } from './run.js';

export type QueryBounds = Pick<RunOptions, 'timeoutMs' | 'maxRows' | 'flowExpireMs'>;

/** The bounds that the configuration sets for each query, and how long flows count as there after their last packet. */
export function boundsOf(config: Config): QueryBounds {
  const set = (key: string): number | undefined => {
    const value = config.getInt(key);
    return value > 0 ? value : undefined;
  };
  const timeoutS = set('analyzer.gremlin.timeout');
  const expireS = set('flow.expire');
  return {
    timeoutMs: timeoutS && timeoutS * 1000,
    maxRows: set('analyzer.gremlin.max_rows'),
    flowExpireMs: expireS && expireS * 1000,
  };
}
