// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import { addon } from '../native/addon.js';
import type { NativeFlowIntakeCounters, NativeFlowIntakeInstance } from '../native/flow-intake.js';
import type { NativeFlowStoreInstance } from '../native/flow-store.js';

/** A flow, or what a capture counted, spelled as its JSON is. */
export type FlowJson = { readonly CaptureID?: string };
export interface CaptureStatsJson {
  readonly CaptureID: string;
  readonly FlowCount: number;
  readonly FlowDropped: number;
  readonly KernelFlowDropped: number;
  readonly PacketsDropped: number;
  readonly PacketsReceived: number;
}

/** Where flows and reports of captures go that came in. */
export interface FlowTakers {
  readonly flows: (flows: readonly FlowJson[]) => void;
  readonly stats: (stats: CaptureStatsJson) => void;
}

export interface FlowIntakeOptions {
  /** `analyzer.flow.max_buffer_size` */
  readonly maxFlows: number;
  /** `bulk_maxdelay` of the storage section. */
  readonly bulkDelayMs: number;
  readonly logger: Logger;
  /** Where flows are kept, before they are handed on. */
  readonly store?: NativeFlowStoreInstance;
}

const complainEveryMs = 1000;
/** How long flows are handed on before the event loop goes on. */
const sliceMs = 4;

/** What is counted and said, at most once a second. */
const complaints: readonly (readonly [keyof NativeFlowIntakeCounters, string])[] = [
  ['malformed', 'flow messages are malformed and were skipped: do all agents run this version?'],
  ['dropped', 'flows were dropped, the receive queue is full: raise analyzer.flow.max_buffer_size'],
  ['kernelDropped', 'flow datagrams were dropped by the kernel: raise net.core.rmem_max or use WebSocket'],
  ['unsent', 'flows and reports were not handed on, subscribers take them too slowly'],
];

/**
 * Takes the messages of agents in, over UDP and as WebSocket messages, on native threads: they are stored, then
 * handed on. Flows become JSON only while somebody wants them.
 */
export class FlowIntake {
  readonly #native: NativeFlowIntakeInstance;
  readonly #logger: Logger;
  readonly #takers: FlowTakers;
  readonly #timer: NodeJS.Timeout;
  #said: NativeFlowIntakeCounters;
  #handing: NodeJS.Immediate | undefined;
  readonly #bulks: Buffer[] = [];

  constructor(options: FlowIntakeOptions, takers: FlowTakers) {
    const { logger, ...native } = options;
    this.#logger = logger;
    this.#takers = takers;
    this.#native = new (addon().FlowIntake)(native, () => this.#ready());
    this.#said = this.#native.counters();
    this.#timer = setInterval(() => this.#complain(), complainEveryMs).unref();
  }

  /** Takes datagrams too; the port. Throws SKY_E_ADDRESS when it cannot be bound. */
  listen(address: string, port: number): number {
    try {
      return this.#native.listen(address, port);
    } catch (error) {
      throw new SkydiveError(
        'SKY_E_ADDRESS',
        `${messageOf(error)}; change analyzer.listen, or set flow.protocol to websocket`,
        { cause: error },
      );
    }
  }

  /** A serialized `Message`; never waits. */
  put(message: Uint8Array): void {
    this.#native.put(message);
  }

  /** Whether flows are to be handed on. */
  want(wanted: boolean): void {
    this.#native.want(wanted);
  }

  counters(): NativeFlowIntakeCounters {
    return this.#native.counters();
  }

  /** Resolves when all that was put before is stored. */
  drain(): Promise<void> {
    return this.#native.drain();
  }

  /** Works off what waits and ends. */
  stop(): void {
    clearInterval(this.#timer);
    this.#native.close();
    this.#complain();
    clearImmediate(this.#handing);
  }

  #ready(): void {
    this.#handing ??= setImmediate(() => this.#hand());
  }

  #hand(): void {
    this.#handing = undefined;
    const end = performance.now() + sliceMs;
    do {
      if (this.#bulks.length === 0) {
        const { bulks, stats } = this.#native.take();
        this.#bulks.push(...bulks.toReversed());
        for (const text of stats) this.#takers.stats(JSON.parse(String(text)) as CaptureStatsJson);
      }
      const text = this.#bulks.pop();
      if (text === undefined) return;
      this.#takers.flows(JSON.parse(String(text)) as readonly FlowJson[]);
    } while (performance.now() < end);
    this.#ready();
  }

  #complain(): void {
    const now = this.#native.counters();
    for (const [counter, text] of complaints) {
      const more = now[counter] - this.#said[counter];
      if (more > 0) this.#logger.warn(`${more} ${text}`);
    }
    this.#said = now;
  }
}
