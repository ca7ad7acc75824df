// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import { probeNames } from '../keys.js';
import type { Probe, ProbeFactory, ProbeStatus } from './probe.js';

/** Always there on Linux, in this order, before what the configuration names. */
const always = ['netlink', 'netns', 'hardware'];

interface Entry {
  probe?: Probe;
  status: ProbeStatus;
}

/**
 * Starts the probes one after the other. One that is not built, or fails to start, is left out with one warning and
 * its reason in the status; the others run.
 */
export class ProbeSet {
  readonly #logger: Logger;
  readonly #factories: ReadonlyMap<string, ProbeFactory>;
  readonly #entries = new Map<string, Entry>();

  /**
   * `names` is `agent.topology.probes`. Throws SKY_E_CONFIG naming the key when one of them is unknown: neither a
   * probe of Skydive nor among the factories (where plugins add theirs).
   */
  constructor(names: readonly string[], factories: ReadonlyMap<string, ProbeFactory>, logger: Logger) {
    this.#logger = logger;
    this.#factories = factories;
    for (const name of [...always, ...names]) {
      if (!probeNames.includes(name) && !factories.has(name)) {
        throw new SkydiveError(
          'SKY_E_CONFIG',
          `agent.topology.probes: unsupported probe ${name}; known are ${probeNames.join(', ')}`,
        );
      }
      this.#entries.set(name, { status: { Status: 'stopped' } });
    }
  }

  async start(): Promise<void> {
    for (const [name, entry] of this.#entries) {
      if (entry.probe !== undefined) continue;
      const factory = this.#factories.get(name);
      try {
        if (factory === undefined) throw new Error('it is not built yet');
        entry.status = { Status: 'starting' };
        const probe = await factory();
        await probe.start();
        entry.probe = probe;
        entry.status = { Status: 'running' };
      } catch (error) {
        const reason = messageOf(error);
        entry.status = { Status: 'stopped', Reason: reason };
        this.#logger.warn(`probe ${name} does not run: ${reason}`);
      }
    }
  }

  /** Stops them in reverse order; one that fails to stop does not keep the others. */
  async stop(): Promise<void> {
    for (const [name, entry] of [...this.#entries].reverse()) {
      if (entry.probe === undefined) continue;
      entry.status = { Status: 'stopping' };
      try {
        await entry.probe.stop();
      } catch (error) {
        this.#logger.warn(`probe ${name} did not stop cleanly: ${messageOf(error)}`);
      }
      delete entry.probe;
      entry.status = { Status: 'stopped' };
    }
  }

  status(): Record<string, ProbeStatus> {
    return Object.fromEntries(
      [...this.#entries].map(([name, { probe, status }]) => [name, probe?.status?.() ?? status]),
    );
  }
}
