// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import type { RunOptions } from './run.js';

/** The bounds that the configuration sets for each query. */
export function boundsOf(config: Config): Pick<RunOptions, 'timeoutMs' | 'maxRows'> {
  return {
    timeoutMs: config.getInt('analyzer.gremlin.timeout') * 1000,
    maxRows: config.getInt('analyzer.gremlin.max_rows'),
  };
}
