// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import { encodeSearchQuery } from '../flow/search-query.js';
import type { FlowQuery, FlowStorage, FlowWindow } from '../gremlin/flow-source.js';
import { compileFlowFilter } from '../gremlin/flows/match.js';
import { searchQueryOf } from '../gremlin/flows/search-query.js';
import { hasWireForm, superset } from '../gremlin/flows/superset.js';
import type { Logger } from '../log/logger.js';
import type { FlowSegments } from '../store/segments/flow-segments.js';
import { backendOf } from './backend.js';
import { retentionOf } from './retention.js';

/** Opens what `analyzer.flow.backend` names; undefined where flows are not kept. Throws SKY_E_CONFIG or SKY_E_STORE naming the key. */
export async function openFlowStore(config: Config, logger: Logger): Promise<FlowSegments | undefined> {
  const { name, driver, folder, folderKey } = backendOf(config, 'analyzer.flow.backend');
  if (driver === 'memory') return undefined;
  if (driver !== 'level') {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `Flow backend driver '${driver}' not supported: analyzer.flow.backend names the section storage.${name}, its driver has to be level or memory`,
    );
  }
  const { FlowSegments: Segments } = await import('../store/segments/flow-segments.js');
  const retention = retentionOf(config, name);
  return Segments.open({ folder: join(folder, 'flows'), configKey: folderKey, retention, logger });
}

/** The store as queries know it. */
export function flowStorageOf(segments: FlowSegments): FlowStorage {
  /** What only this process can decide is decided here, before anything of it is asked for. */
  const exact = async (query: FlowQuery, window: FlowWindow, signal?: AbortSignal): Promise<FlowQuery> => {
    const { filter } = query;
    if (filter === undefined || hasWireForm(filter)) return query;
    const { sort, dedupBy, most, ...wide } = query;
    const asked = { ...wide, filter: superset(filter) };
    const flows = await segments.search(encodeSearchQuery(searchQueryOf(asked)), window, signal);
    const uuids = flows.filter(compileFlowFilter(filter)).map(({ UUID }) => UUID);
    return {
      uuids,
      ...(sort === undefined ? {} : { sort }),
      ...(dedupBy === undefined ? {} : { dedupBy }),
      ...(most === undefined ? {} : { most }),
    };
  };
  const everywhen: FlowWindow = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
  const encoded = async (query: FlowQuery, window: FlowWindow, signal?: AbortSignal) =>
    encodeSearchQuery(searchQueryOf(await exact(query, window, signal)));
  return {
    search: async (query, window, signal) =>
      segments.search(await encoded(query, window, signal), window, signal),
    count: async (query, window, signal) =>
      segments.count(await encoded(query, window, signal), window, signal),
    sum: async (field, query, window, signal) =>
      segments.sum(field, await encoded(query, window, signal), window, signal),
    columns: async (fields, query, window, signal) =>
      segments.columns(fields, await encoded(query, window, signal), window, signal),
    metrics: async (query, window, signal) =>
      segments.metrics(await encoded(query, everywhen, signal), window, signal),
    packets: async (query, window, signal) =>
      segments.packets(await encoded(query, everywhen, signal), window, signal),
  };
}
