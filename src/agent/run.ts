// SPDX-License-Identifier: Apache-2.0

import { formatAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import { forbidCoreDumps, keepCapabilities } from '../native/process-guard.js';
import { stopRequested } from '../process.js';
import { agentCapabilities, capabilitySet, type KeptCapability } from '../topology/capabilities.js';
import { Agent } from './agent.js';

/** What an agent that runs together with its analyzer needs beside. */
export interface Companion {
  /** See Agent. */
  readonly analyzersReady: Promise<void>;
  readonly capabilities: readonly KeptCapability[];
}

/** Gives up what an agent does not need, for good: with it what the programs can get that it starts. */
export function guardAgent(logger: Logger, more: readonly KeptCapability[]): void {
  forbidCoreDumps(logger);
  keepCapabilities(capabilitySet([...agentCapabilities, ...more]), logger);
}

/** Runs an agent until the process is asked to stop. Rejects when it cannot start. */
export async function runAgent(config: Config, logger: Logger, companion?: Companion): Promise<void> {
  const asked = stopRequested();
  const { analyzersReady, capabilities = [] } = companion ?? {};
  guardAgent(logger, capabilities);
  const agent = new Agent(config, logger, analyzersReady);
  const { address, port } = await agent.start();
  logger.info(`agent listening on ${formatAddress({ host: address, port })}`);
  logger.info(`agent stopping: ${await asked}`);
  await agent.stop();
}
