// SPDX-License-Identifier: Apache-2.0

import { formatAddress } from '../../config/address.js';
import type { NativeDatagramCaptureInstance, NativeListenerStats } from '../../native/datagram-capture.js';
import { LiveProbe } from './live-probe.js';
import type { FlowProbe, FlowProbeContext, FlowProbeStats, FlowProbeStatus } from './probe.js';
import { SflowMetric } from './sflow-metric.js';

/** Where exporters send to. */
export interface ListenOptions {
  /** Numeric, IPv4 or IPv6. */
  readonly address: string;
  /** The first free port of these is taken. */
  readonly portMin: number;
  readonly portMax: number;
  /** File of the network namespace to listen in, the agent's own unless given. */
  readonly namespacePath?: string;
}

/** A capture that exporters feed; its flows are those of the node it was started for. */
export interface Listener extends FlowProbe {
  readonly address: string;
  /** The one of the range that was bound. */
  readonly port: number;
  /** `address:port`, as exporters are told. */
  readonly socket: string;
  status(): FlowProbeStatus;
}

/** Between two looks at the counters. */
const lookMs = 1000;
/** Between two lines of the log about the same. */
const complainMs = 60_000;
/** Records of counters that are taken at once, for the sake of the event loop. */
const countersAtOnce = 512;

type Complaint = (stats: NativeListenerStats) => string;

const complaints: readonly (readonly [keyof NativeListenerStats, Complaint])[] = [
  ['malformed', ({ complaint }) => `datagrams are malformed and were read to the fault only: ${complaint}`],
  ['dropped', () => 'datagrams were dropped by the kernel: raise agent.capture.ring_size or sample less'],
  ['lost', () => 'records were lost on the way, by the sequence numbers of their exporters'],
  ['noTemplate', () => 'sets of records came before their templates: they count from the next template on'],
  ['countersDropped', () => 'records of counters were dropped: they came faster than they were taken'],
  ['forgotten', () => 'templates were forgotten: more exporters send here than there is room for'],
];

export class ListenerProbe implements Listener {
  readonly countsPackets = false;
  readonly address: string;
  readonly port: number;
  readonly #context: FlowProbeContext;
  readonly #live: LiveProbe;
  readonly #native: NativeDatagramCaptureInstance;
  readonly #metric = new SflowMetric();
  readonly #timer: NodeJS.Timeout;
  #taking = false;
  #unshown = false;
  #shownMetric = false;
  #stopped = false;
  #said: NativeListenerStats;
  readonly #saidAtMs = new Map<string, number>();

  private constructor(
    context: FlowProbeContext,
    address: string,
    live: LiveProbe,
    native: NativeDatagramCaptureInstance,
  ) {
    this.#context = context;
    this.#live = live;
    this.#native = native;
    this.#said = native.stats().listener;
    this.address = address;
    this.port = this.#said.port;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** `make` gives the capture; rejects when no port can be bound. */
  static async start(
    context: FlowProbeContext,
    address: string,
    make: (ringBytes: number, ready: () => void) => NativeDatagramCaptureInstance,
    toTarget: boolean,
  ): Promise<ListenerProbe> {
    let native: NativeDatagramCaptureInstance | undefined;
    const live = await LiveProbe.start(
      context,
      (ringBytes, ready) => {
        native = make(ringBytes, ready);
        return native;
      },
      { countsPackets: false, toTarget },
    );
    return new ListenerProbe(context, address, live, native!);
  }

  get socket(): string {
    return formatAddress({ host: this.address, port: this.port });
  }

  get elsewhere(): boolean {
    return this.#live.elsewhere;
  }

  async query(searchQuery: Uint8Array): Promise<Buffer | undefined> {
    return this.#live.query(searchQuery);
  }

  stats(): FlowProbeStats {
    return this.#live.stats();
  }

  status(): FlowProbeStatus {
    const stats = this.#native.stats().listener;
    return {
      Socket: this.socket,
      Datagrams: stats.datagrams,
      Dropped: stats.dropped,
      Malformed: stats.malformed,
      Records: stats.records,
      Skipped: stats.skipped,
      Lost: stats.lost,
      NoTemplate: stats.noTemplate,
      Sampling: stats.sampling,
      CountersDropped: stats.countersDropped,
      InterfacesLeftOut: this.#metric.leftOut,
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#live.stop();
    this.#complain(this.#native.stats().listener);
    if (this.#shownMetric) this.#context.setMetadata('SFlow', undefined);
  }

  #look(): void {
    this.#takeCounters();
    this.#complain(this.#native.stats().listener);
  }

  /** Some at a time, so that others have their turn; shown when all are there. */
  #takeCounters(): void {
    if (this.#taking) return;
    const records = this.#native.takeCounters(countersAtOnce);
    if (records.length === 0 && !this.#unshown) return;
    this.#metric.add(records);
    this.#unshown = true;
    this.#taking = records.length === countersAtOnce;
    if (this.#taking) {
      setImmediate(() => {
        this.#taking = false;
        if (!this.#stopped) this.#takeCounters();
      });
      return;
    }
    this.#unshown = false;
    const shown = this.#metric.show(Date.now());
    if (shown === undefined) return;
    this.#shownMetric = true;
    this.#context.setMetadata('SFlow', shown);
  }

  #complain(stats: NativeListenerStats): void {
    const { logger, capture, node } = this.#context;
    const where = `capture ${capture.UUID} on ${node.name} (${this.socket})`;
    const now = performance.now();
    for (const [key, complaint] of complaints) {
      const more = Number(stats[key]) - Number(this.#said[key]);
      if (more <= 0 || now - (this.#saidAtMs.get(key) ?? -complainMs) < complainMs) continue;
      this.#saidAtMs.set(key, now);
      this.#said = { ...this.#said, [key]: stats[key] };
      logger.warn(`${where}: ${more} ${complaint(stats)}`);
    }
    if (stats.sampling === this.#said.sampling) return;
    this.#said = { ...this.#said, sampling: stats.sampling };
    logger.info(
      `${where}: exporters look at one of ${stats.sampling} packets; counters are as they tell them`,
    );
  }
}
