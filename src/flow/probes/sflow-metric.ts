// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from '../../graph/element.js';
import type { NativeSflowCounters } from '../../native/datagram-capture.js';

type Counters = Record<string, number>;

/** Interfaces that are told apart; switches have hundreds. */
const maxInterfaces = 4096;

/** Counters of Open vSwitch that are added up, as the original does; those of other kinds take the latest value. */
const added: ReadonlySet<string> = new Set([
  ...['OvsDpNHit', 'OvsDpNMissed', 'OvsDpNLost', 'OvsDpNMaskHit', 'OvsDpNFlows', 'OvsDpNMasks'],
  ...['OvsAppFdOpen', 'OvsAppConnOpen', 'OvsAppMemUsed'],
]);

/** What sFlow agents count, as the metadata `SFlow` of the node that they report to. */
export class SflowMetric {
  readonly #interfaces = new Map<number, Counters>();
  /** Sums over the interfaces, and what is not of one. */
  readonly #metric: Counters = {};
  /** The metric as it was shown last. */
  #before: Counters = {};
  #lastMs = 0;
  #lastUpdate: Counters = {};
  #leftOut = 0;

  /** Records of interfaces beyond those that there is room for. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Takes records in the order in which they came. */
  add(records: readonly NativeSflowCounters[]): void {
    for (const { kind, interface: index = 0, values } of records) {
      if (kind === 'interface') this.#takeInterface(index, values);
      else takeOthers(values, this.#metric);
    }
  }

  /** The metadata, when there is anything to show: the latest change is that since this was called last. */
  show(nowMs: number): MetadataMap | undefined {
    const before = this.#before;
    const metric = { ...this.#metric };
    if (Object.keys(metric).length === 0) return undefined;
    const changes = Object.entries(metric)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([, change]) => change !== 0);
    if (changes.length > 0) {
      this.#lastUpdate = withTimes(Object.fromEntries(changes), this.#lastMs, nowMs);
    }
    this.#before = metric;
    this.#lastMs = nowMs;
    return {
      ...(this.#interfaces.size > 0 && {
        IfMetrics: Object.fromEntries([...this.#interfaces].map(([at, counters]) => [at, { ...counters }])),
      }),
      Metric: withTimes(metric, 0, nowMs),
      LastUpdateMetric: this.#lastUpdate,
    };
  }

  #takeInterface(index: number, values: Readonly<Counters>): void {
    const known = this.#interfaces.get(index);
    if (known === undefined && this.#interfaces.size >= maxInterfaces) {
      this.#leftOut += 1;
      return;
    }
    const metric = this.#metric;
    const counters = known ?? {};
    this.#interfaces.set(index, counters);
    for (const [name, value] of Object.entries(values)) {
      if (value === 0) continue;
      metric[name] = (metric[name] ?? 0) + value - (counters[name] ?? 0);
      counters[name] = value;
    }
  }
}

/** A 0 says that the agent does not count this. */
function takeOthers(values: Readonly<Counters>, metric: Counters): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== 0) metric[name] = added.has(name) ? (metric[name] ?? 0) + value : value;
  }
}

/** What is 0 is left out. */
function withTimes(counters: Counters, startMs: number, lastMs: number): Counters {
  return { ...counters, ...(startMs !== 0 && { Start: startMs }), Last: lastMs };
}
