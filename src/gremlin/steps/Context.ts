// SPDX-License-Identifier: Apache-2.0

import type { GraphResult } from '../current.js';
import { GremlinError } from '../error.js';
import type { StepDefinition } from '../step.js';
import { contextOf } from '../time.js';

/** Time travel. */
export const Context: StepDefinition = {
  name: 'Context',
  aliases: ['At'],
  doc: 'The graph at an instant, or with a second parameter every revision of the time that ends then: At("-1h"), At(1600000000, "10m").',
  accepts: ['Graph'],
  returns: 'Graph',
  order: 'drops',
  refusal: 'X-EXEC',
  run: async (run, stage, input): Promise<GraphResult> => {
    const context = contextOf(stage.call, run.nowMs);
    if (!(input as GraphResult).scope.rooted)
      throw new GremlinError('X-HIST', 'the graph that SubGraph made has no history: put At in front of it');
    run.names.clear();
    return { kind: 'Graph', scope: await run.open(context) };
  },
};
