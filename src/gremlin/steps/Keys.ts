// SPDX-License-Identifier: Apache-2.0

import { isMap, pathsOf } from '../../graph/metadata.js';
import type { FlowsResult, MetricsResult, Nodes, Value } from '../current.js';
import { flowFieldNames } from '../flows/fields.js';
import { orNull } from '../list.js';
import { fieldNames } from '../metrics/sum.js';
import type { StepDefinition } from '../step.js';
import { recordFields } from '../typed.js';

const own = ['@CreatedAt', '@DeletedAt', '@Host', '@ID', '@Origin', '@Revision', '@UpdatedAt'];

/** The names of fields. */
export const Keys: StepDefinition = {
  name: 'Keys',
  doc: 'The names of all fields that one of the nodes has, maps expanded with dots; of flows and metrics those of the record.',
  accepts: ['V', 'Flows', 'Metrics'],
  returns: 'Value',
  order: 'drops',
  run: async (run, _stage, input): Promise<Value> => {
    if (input.kind === 'Metrics') {
      const metrics = input as MetricsResult;
      return { kind: 'Value', value: metrics.series.size === 0 ? null : fieldNames(metrics) };
    }
    if (input.kind === 'Flows') {
      const count = await (input as FlowsResult).count();
      return { kind: 'Value', value: count === 0 ? null : flowFieldNames };
    }
    const { scope, handles } = input as Nodes;
    const keys = new Set<string>(handles.length === 0 ? [] : own);
    for (let i = 0; i < handles.length; i++) {
      const { Metadata } = scope.view.node(handles[i]!);
      for (const path of pathsOf(Metadata)) keys.add(path);
      for (const [record, fields] of recordFields) {
        if (isMap(Metadata[record])) for (const field of fields) keys.add(`${record}.${field}`);
      }
      if ((i & 63) === 63 && run.scheduler.due()) await run.scheduler.pause();
    }
    return { kind: 'Value', value: orNull([...keys].sort()) };
  },
};
