// SPDX-License-Identifier: Apache-2.0

import type {
  Flow,
  FlowMetric,
  FlowQuery,
  FlowSource,
  FlowStorage,
  FlowWindow,
  RawPacket,
} from '../../src/gremlin/flow-source.js';
import { arrange } from '../../src/gremlin/flows/arrange.js';
import { compileFlowFilter } from '../../src/gremlin/flows/match.js';
import { Scheduler } from '../../src/gremlin/scheduler.js';

function wanted(query: FlowQuery): (flow: Flow) => boolean {
  const matches = query.filter === undefined ? () => true : compileFlowFilter(query.filter);
  const tids = query.nodes && new Set([...query.nodes.values()].flat());
  const uuids = query.uuids && new Set(query.uuids);
  return (flow) =>
    matches(flow) &&
    (tids === undefined || tids.has(flow.NodeTID ?? '')) &&
    (uuids === undefined || uuids.has(flow.UUID));
}

/** What a table gives, without holding the event loop. */
async function found(flows: readonly Flow[], query: FlowQuery): Promise<readonly Flow[]> {
  const scheduler = new Scheduler();
  const isWanted = wanted(query);
  const kept: Flow[] = [];
  await scheduler.each(flows, (flow) => {
    if (isWanted(flow)) kept.push(flow);
  });
  return arrange(kept, query, scheduler);
}

/** Flow tables in memory, one a host. */
export class FakeFlows implements FlowSource {
  readonly #tables: ReadonlyMap<string, readonly Flow[]>;
  readonly storage?: FlowStorage;
  /** What was asked, for tests that look at it. */
  readonly asked: FlowQuery[] = [];

  constructor(tables: ReadonlyMap<string, readonly Flow[]>, storage?: FlowStorage) {
    this.#tables = tables;
    if (storage !== undefined) this.storage = storage;
  }

  async search(query: FlowQuery): Promise<readonly (readonly Flow[])[]> {
    this.asked.push(query);
    const asked = [...this.#tables].filter(([host]) => query.nodes === undefined || query.nodes.has(host));
    return Promise.all(asked.map(([, flows]) => found(flows, query)));
  }
}

/** Stored flows in memory; each flow's LastUpdateMetric and raw packets are its records. */
export class FakeStorage implements FlowStorage {
  readonly #flows: readonly Flow[];

  constructor(flows: readonly Flow[]) {
    this.#flows = flows;
  }

  async search(query: FlowQuery, { from, to }: FlowWindow): Promise<readonly Flow[]> {
    const within = this.#flows.filter(({ Start, Last }) => Start <= to && Last >= from);
    return arrange(within.filter(wanted(query)), query, new Scheduler());
  }

  async metrics(query: FlowQuery, { from, to }: FlowWindow): Promise<ReadonlyMap<string, FlowMetric[]>> {
    const found = new Map<string, FlowMetric[]>();
    for (const { UUID, LastUpdateMetric } of this.#flows.filter(wanted(query))) {
      if (LastUpdateMetric !== undefined && LastUpdateMetric.Start >= from && LastUpdateMetric.Last <= to)
        found.set(UUID, [LastUpdateMetric]);
    }
    return found;
  }

  async packets(query: FlowQuery, { from, to }: FlowWindow): Promise<ReadonlyMap<string, RawPacket[]>> {
    const found = new Map<string, RawPacket[]>();
    for (const { UUID, LastRawPackets } of this.#flows.filter(wanted(query))) {
      const within = (LastRawPackets ?? []).filter(({ Timestamp: t }) => t >= from && t <= to);
      if (within.length > 0) found.set(UUID, within);
    }
    return found;
  }
}
