// SPDX-License-Identifier: Apache-2.0

import { slicePage } from '../absorb.js';
import type { FlowsResult } from '../current.js';
import { type Flow, type FlowColumn, lacking } from '../flow-source.js';
import type { Run } from '../run.js';
import { type FlowRequest, fetchFlows, type StoredQuestion, storedQuestion } from './fetch.js';
import { integerField, textField } from './fields.js';

type Answers = Pick<FlowsResult, 'flows' | 'count' | 'columns' | 'sum'>;

/** What steps ask of flows, the store being asked for no more than they need. */
export function answersOf(run: Run, request: FlowRequest): Answers {
  let fetched: Promise<readonly Flow[]> | undefined;
  const flows = () => {
    fetched ??= fetchFlows(run, request);
    return fetched;
  };
  /** The store, where it can answer by itself; flows that are there already are looked at instead. */
  const question = (): StoredQuestion | undefined =>
    fetched !== undefined || (request.page?.from ?? 0) < 0 ? undefined : storedQuestion(run, request);
  const { page } = request;
  return {
    flows,
    count: async () => {
      const stored = question();
      if (stored?.storage.count === undefined) return (await flows()).length;
      const { storage, query, window } = stored;
      const count = await storage.count!(query, window, run.scheduler.signal);
      run.scheduler.resumed();
      run.flowsFound(query, window, count);
      return Math.max(0, count - (page?.from ?? 0));
    },
    columns: async (fields) => {
      const stored = question();
      if (stored?.storage.columns === undefined) return columnsOf(run, await flows(), fields);
      const { storage, query, window } = stored;
      const columns = await storage.columns!(fields, query, window, run.scheduler.signal);
      run.scheduler.resumed();
      run.flowsFound(query, window, columns[0]?.places.length ?? 0);
      return columns.map(({ texts, places }) => ({ texts, places: slicePage(places, page) }));
    },
    sum: async (field) => {
      const stored = question();
      // What comes before a page would be added, too.
      if (stored?.storage.sum === undefined || (page?.from ?? 0) > 0) return sumOf(run, await flows(), field);
      const { storage, query, window } = stored;
      const sum = await storage.sum!(field, query, window, run.scheduler.signal);
      run.scheduler.resumed();
      return sum;
    },
  };
}

async function columnsOf(
  run: Run,
  flows: readonly Flow[],
  fields: readonly string[],
): Promise<readonly FlowColumn[]> {
  const columns: FlowColumn[] = [];
  for (const field of fields) {
    const known = new Map<string, number>();
    const places = new Uint32Array(flows.length);
    let at = 0;
    await run.scheduler.each(flows, (flow) => {
      const text = textField(flow, field);
      if (text !== undefined && !known.has(text)) known.set(text, known.size);
      places[at++] = text === undefined ? lacking : known.get(text)!;
    });
    columns.push({ texts: [...known.keys()], places });
  }
  return columns;
}

async function sumOf(run: Run, flows: readonly Flow[], field: string): Promise<number | string> {
  let sum = 0;
  let without: string | undefined;
  await run.scheduler.each(flows, (flow) => {
    const value = integerField(flow, field);
    if (value === undefined) without ??= flow.UUID;
    else sum += value;
  });
  return without ?? sum;
}
