// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { FlowIntake } from '../flow/intake.js';
import { flowsOfPcap } from '../flow/pcap.js';
import { tableSettings } from '../flow/table-options.js';
import type { Logger } from '../log/logger.js';
import type { FlowSegments } from '../store/segments/flow-segments.js';

/** A flow waits no longer than this to be written. */
const bulkDelayMs = 1;
const flowsPerMessage = 10;

/** Capture files whose flows are stored, one file after the other: each takes the memory of a flow table. */
export class PcapImport {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #store: FlowSegments | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Without a store the flows are dropped, as in the original. */
  constructor(config: Config, logger: Logger, store: FlowSegments | undefined) {
    this.#config = config;
    this.#logger = logger;
    this.#store = store;
  }

  /** Resolves when the flows of the file are stored. Rejects with SKY_E_BAD_REQUEST when it is no capture file. */
  take(file: AsyncIterable<Uint8Array>): Promise<void> {
    const taken = this.#last.then(() => this.#take(file));
    this.#last = taken.catch(() => {});
    return taken;
  }

  async #take(file: AsyncIterable<Uint8Array>): Promise<void> {
    const [config, logger] = [this.#config, this.#logger];
    const maxFlows = config.getInt('analyzer.flow.max_buffer_size');
    const nobody = { flows: () => {}, stats: () => {} };
    const intake =
      this.#store && new FlowIntake({ maxFlows, bulkDelayMs, logger, store: this.#store.native }, nobody);
    try {
      const options = { ...tableSettings(config, logger), flowsPerMessage };
      const { packets, stats, error } = await flowsOfPcap(file, options, async (messages) => {
        for (const message of messages) intake?.put(message);
        await intake?.drain();
      });
      const cut = error === undefined ? '' : `, then reading ended: ${error}`;
      logger.info(`capture file imported: ${packets} packets, ${stats.flowCount} flows${cut}`);
    } finally {
      intake?.stop();
    }
  }
}
