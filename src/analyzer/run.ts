// SPDX-License-Identifier: Apache-2.0

import { formatAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import { forbidCoreDumps } from '../native/process-guard.js';
import { stopRequested } from '../process.js';
import { Analyzer } from './analyzer.js';

/** Runs an analyzer until the process is asked to stop. Rejects when it cannot start. */
export async function runAnalyzer(config: Config, logger: Logger): Promise<void> {
  const asked = stopRequested();
  forbidCoreDumps(logger);
  const analyzer = new Analyzer(config, logger);
  const { address, port } = await analyzer.start();
  logger.info(`analyzer listening on ${formatAddress({ host: address, port })}`);
  process.send?.('ready');
  logger.info(`analyzer stopping: ${await asked}`);
  await analyzer.stop();
}
