// SPDX-License-Identifier: Apache-2.0

import type { GraphSource } from '../graph/view.js';
import type { History } from './history.js';

/** The live graph, and the history behind it for instants and slices. */
export function historySource(graph: GraphSource, history: History): GraphSource {
  return {
    view: (context = { kind: 'live' }, signal) =>
      context.kind === 'live' ? graph.view(context, signal) : history.view(context, signal),
  };
}
