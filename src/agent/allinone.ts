// SPDX-License-Identifier: Apache-2.0

import { statSync } from 'node:fs';
import { parse } from 'node:path';
import { backendKeys, backendOf } from '../analyzer/backend.js';
import { formatAddress, parseAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import { supervisorCapabilities } from '../topology/capabilities.js';
import { handOver, type Identity, identityOf } from './hand-over.js';
import { ownProgram } from './own-program.js';
import { guardAgent, runAgent } from './run.js';
import { Supervisor } from './supervisor.js';

export interface AllinoneOptions {
  /** Of the agent: `analyzers` is `analyzerAddress(config)`. */
  readonly config: Config;
  readonly logger: Logger;
  /** Arguments that the analyzer gets before its command: `-c … -b …`. */
  readonly rootArguments: readonly string[];
  /** User to run the analyzer as; default: the owner of the program. Without effect where we are not root. */
  readonly analyzerUid?: number;
}

/** Where the agent finds the analyzer that runs beside it: its listen address, any address being the loopback one. */
export function analyzerAddress(config: Config): string {
  const { host, port } = parseAddress(config.getString('analyzer.listen'));
  const reachable = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return formatAddress({ host: reachable, port });
}

/** The log file of one of the two processes: `/var/log/skydive.log` → `/var/log/skydive-analyzer.log`. */
export function logFileOf(config: Config, service: 'analyzer' | 'agent'): string {
  const { dir, name, ext } = parse(config.getString('logging.file.path'));
  return `${dir === '' ? '' : `${dir}/`}${name}-${service}${ext}`;
}

/** Runs an agent in this process and an analyzer in a child of it, until the process is asked to stop. */
export async function runAllinone(options: AllinoneOptions): Promise<void> {
  const { config, logger, rootArguments } = options;
  const program = ownProgram();
  const identity = await analyzerIdentity(options, program.file);
  for (const key of identity === undefined ? [] : backendKeys) {
    const { driver, folder, folderKey } = backendOf(config, key);
    if (driver === 'level') await handOver(folder, folderKey, identity!);
  }
  if (identity !== undefined && config.getBool('etcd.embedded')) {
    await handOver(config.getString('etcd.data_dir'), 'etcd.data_dir', identity);
  }
  const capabilities = identity === undefined ? [] : supervisorCapabilities;
  // Before the analyzer starts: it can get no more than this process has.
  guardAgent(logger, capabilities);
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const supervisor = new Supervisor(
    {
      name: 'analyzer',
      command: program.command,
      args: [...program.args, ...rootArguments, 'analyzer'],
      env: { ...process.env, SKYDIVE_LOGGING_FILE_PATH: logFileOf(config, 'analyzer') },
      ...identity,
    },
    logger,
    isReady,
  );
  supervisor.start();
  try {
    await runAgent(config, logger, { analyzersReady: ready, capabilities });
  } finally {
    await supervisor.stop();
  }
}

/** Undefined where the analyzer keeps the user of this process. */
async function analyzerIdentity(
  { analyzerUid }: AllinoneOptions,
  programFile: string,
): Promise<Identity | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const uid = analyzerUid ?? statSync(programFile).uid;
  return uid === 0 ? undefined : identityOf(uid);
}
