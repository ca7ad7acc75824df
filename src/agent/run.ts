// SPDX-License-Identifier: Apache-2.0

import { formatAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import { stopRequested } from '../process.js';
import { Agent } from './agent.js';

/** Runs an agent until the process is asked to stop. Rejects when it cannot start. `analyzersReady`: see Agent. */
export async function runAgent(
  config: Config,
  logger: Logger,
  analyzersReady?: Promise<void>,
): Promise<void> {
  const asked = stopRequested();
  const agent = new Agent(config, logger, analyzersReady);
  const { address, port } = await agent.start();
  logger.info(`agent listening on ${formatAddress({ host: address, port })}`);
  logger.info(`agent stopping: ${await asked}`);
  await agent.stop();
}
