// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { messageOf } from '../../../errors.js';
import type { OvsDatabase } from '../../../ovs/database.js';
import { formatEndpoint } from '../../../ovs/endpoint.js';
import type { Probe, ProbeStatus } from '../probe.js';
import type { OvsSession, OvsSessionOptions } from './ovs-session.js';

const defaultRetryMs = 4000;

/**
 * Follows Open vSwitch whenever it is there. Most hosts have none: until there is a socket nothing but this is loaded,
 * and a look at the folder is all that it costs.
 */
export class OvsdbProbe implements Probe {
  readonly #options: OvsSessionOptions;
  readonly #where: string;
  #session: OvsSession | undefined;
  #timer: NodeJS.Timeout | undefined;
  #starting: Promise<void> = Promise.resolve();
  #running = false;
  #told = false;

  constructor(options: OvsSessionOptions) {
    this.#options = options;
    this.#where = formatEndpoint(options.endpoint);
  }

  /** Does not wait for Open vSwitch: it may never come. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#starting;
    await this.#session?.stop();
  }

  status(): ProbeStatus {
    const failure = this.#session === undefined ? 'there is no such socket' : this.#session.failure;
    if (failure === undefined) return { Status: 'running' };
    return { Status: 'starting', Reason: `no Open vSwitch at ${this.#where} (ovs.ovsdb): ${failure}` };
  }

  /** For captures that change something in Open vSwitch; undefined as long as there has been none. */
  get database(): OvsDatabase | undefined {
    return this.#session?.database;
  }

  #look(): void {
    const { endpoint, logger, retryMs = defaultRetryMs } = this.#options;
    if (this.#session !== undefined || !('path' in endpoint) || existsSync(endpoint.path)) {
      this.#starting = this.#follow().catch((error) => {
        logger.error(`Open vSwitch is not followed: ${messageOf(error)}`);
      });
      return;
    }
    if (!this.#told) {
      logger.info(
        `Open vSwitch is not followed: there is no ${this.#where}; looking every ${retryMs / 1000} s`,
      );
    }
    this.#told = true;
    this.#timer = setTimeout(() => this.#look(), retryMs).unref();
  }

  async #follow(): Promise<void> {
    const { OvsSession } = await import('./ovs-session.js');
    this.#session ??= new OvsSession(this.#options);
    if (this.#running) this.#session.start();
  }
}
