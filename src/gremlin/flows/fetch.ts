// SPDX-License-Identifier: Apache-2.0

import { slicePage } from '../absorb.js';
import { GremlinError } from '../error.js';
import type { Flow, FlowQuery, FlowStorage, FlowWindow } from '../flow-source.js';
import type { Run } from '../run.js';
import type { Page } from '../step.js';
import { arrange } from './arrange.js';

/** Which flows a Flows step stands for. They are fetched when a step needs them, once. */
export interface FlowRequest {
  readonly query: FlowQuery;
  readonly page: Page | undefined;
  /** Absent: the live tables. A point has the same start and last. */
  readonly past: { readonly start: number; readonly last: number; readonly point: boolean } | undefined;
}

/** No flow can meet it: nodes were given, but none that is captured on. */
function isEmpty({ query, page }: FlowRequest): boolean {
  return query.nodes?.size === 0 || (page !== undefined && page.from >= page.to);
}

function storageOf(run: Run): FlowStorage {
  const storage = run.flows?.storage;
  if (storage !== undefined) return storage;
  throw new GremlinError('X-STORE', 'flows of the past are not kept: configure analyzer.flow.backend');
}

/** What a store is asked for the flows of a request about the past. */
export interface StoredQuestion {
  readonly storage: FlowStorage;
  readonly query: FlowQuery;
  readonly window: FlowWindow;
}

/** The question for the store; undefined when it is about live flows, or no flow can meet it. */
export function storedQuestion(run: Run, request: FlowRequest): StoredQuestion | undefined {
  const { past } = request;
  if (past === undefined) return undefined;
  // Refused even when nothing would be found.
  const storage = storageOf(run);
  if (isEmpty(request)) return undefined;
  return {
    storage,
    query: cut(request),
    window: { from: past.start - run.flowExpireMs, to: past.last },
  };
}

function cut({ query, page }: FlowRequest): FlowQuery {
  return page === undefined ? query : { ...query, most: page.to };
}

/** The flows, sorted, deduplicated and paged. */
export async function fetchFlows(run: Run, request: FlowRequest): Promise<readonly Flow[]> {
  const { page } = request;
  const stored = storedQuestion(run, request);
  if (isEmpty(request)) return [];
  const query = cut(request);
  const window = stored?.window;
  const { signal } = run.scheduler;
  const tables =
    stored === undefined
      ? ((await run.flows?.search(query, signal)) ?? [])
      : [await stored.storage.search(query, stored.window, signal)];
  run.scheduler.resumed();
  run.flowsFound(
    query,
    window,
    tables.reduce((sum, { length }) => sum + length, 0),
  );
  const flows = tables.length === 1 ? tables[0]! : await arrange(tables.flat(), query, run.scheduler);
  run.checkRows(flows.length);
  return slicePage(flows as Flow[], page);
}

/** What is asked of the store about flows of the past: those of the page, when there is one. */
async function narrowed(run: Run, request: FlowRequest): Promise<FlowQuery | undefined> {
  if (isEmpty(request)) return undefined;
  const { filter, nodes } = request.query;
  const query: FlowQuery = {
    ...(filter === undefined ? {} : { filter }),
    ...(nodes === undefined ? {} : { nodes }),
  };
  if (request.page === undefined) return query;
  const flows = await fetchFlows(run, request);
  return flows.length === 0
    ? undefined
    : { ...query, uuids: await run.scheduler.map(flows, ({ UUID }) => UUID) };
}

/** From when on records of the past are wanted: from the beginning, for a point. */
function windowOf({ past }: FlowRequest): FlowWindow {
  return { from: past === undefined || past.point ? 0 : past.start, to: past?.last ?? 0 };
}

/** Asks the store for metrics or packets of the flows. */
export async function fetchStored<T>(
  run: Run,
  request: FlowRequest,
  what: 'metrics' | 'packets',
): Promise<ReadonlyMap<string, readonly T[]>> {
  const storage = storageOf(run);
  const query = await narrowed(run, request);
  if (query === undefined) return new Map();
  const window = windowOf(request);
  const found = await storage[what](query, window, run.scheduler.signal);
  run.scheduler.resumed();
  run.flowsFound(query, window, found.size);
  return found as unknown as ReadonlyMap<string, readonly T[]>;
}
