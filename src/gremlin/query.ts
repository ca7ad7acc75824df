// SPDX-License-Identifier: Apache-2.0

import type { GraphSource } from '../graph/view.js';
import type { Current } from './current.js';
import { GremlinError } from './error.js';
import { hintFor, isNothing, loosened } from './hint.js';
import { lengthOf } from './length.js';
import { parse } from './parser.js';
import { plan } from './plan.js';
import { materialise, type Result } from './result.js';
import { Run, type RunOptions } from './run.js';
import type { Stage } from './step.js';
import { type Dialect, vocabulary } from './steps/registry.js';
import { showCall } from './syntax.js';

/** A parsed query. It holds no state: any number of runs may go on at once. */
export interface Query {
  readonly text: string;
  /** The steps in canonical spelling, `G` first. */
  readonly steps: readonly string[];
  /**
   * Runs the query. Throws SKY_E_GREMLIN_EXEC, SKY_E_NO_HISTORY or SKY_E_GREMLIN_BUDGET; whatever the source throws
   * goes through.
   */
  run(source: GraphSource, options?: RunOptions): Promise<Result>;
}

/** Longer texts are refused: parsing holds the event loop. */
const longestText = 1 << 20;

/** Parses a query. Throws SKY_E_GREMLIN_SYNTAX that points at the token. */
export function parseQuery(text: string, dialect: Dialect = 'full'): Query {
  if (text.length > longestText)
    throw new GremlinError(
      'P-TOK',
      `the query has ${text.length} characters; at most ${longestText} are read`,
    );
  const words = vocabulary(dialect);
  const calls = parse(text, words);
  const stages = plan(calls, words.definition);
  return {
    text,
    steps: ['G', ...calls.map(showCall)],
    run: async (source, options = {}) => {
      const result = await execute(stages, source, options);
      if (options.hints !== true || !isNothing(result)) return result;
      const loose = loosened(calls);
      if (loose === undefined) return result;
      try {
        const found = await execute(plan(loose, words.definition), source, options);
        return isNothing(found) ? result : { ...result, hint: hintFor(calls) };
      } catch (error) {
        // The question itself was answered; that there is no hint is no error, but a cancelled run is.
        if (options.signal?.aborted === true) throw error;
        return result;
      }
    },
  };
}

async function execute(stages: readonly Stage[], source: GraphSource, options: RunOptions): Promise<Result> {
  const run = new Run(source, options);
  try {
    // Flows are fetched only when needed, and counting needs them.
    const explained = stages.some(({ step }) => step.name === 'Explain');
    let current: Current = { kind: 'Graph', scope: await run.open() };
    for (const stage of stages) {
      const { step } = stage;
      if (!step.accepts.includes(current.kind)) {
        throw new GremlinError(
          step.refusal ?? (step.extension === true ? 'X-EXEC' : 'X-STEP'),
          `${step.name} at position ${stage.call.position} cannot follow ${current.kind}: it follows ${step.accepts.join(', ')}`,
        );
      }
      const startMs = run.scheduler.now();
      if (step.walks === true && 'scope' in current) await current.scope.index(run.scheduler);
      current = await step.run(run, stage, current);
      if (explained) {
        run.trace.push({
          step: showCall(stage.call),
          absorbed: stage.absorbed.map(showCall),
          gives: current.kind,
          count: await lengthOf(current),
          accesses: run.takeAccesses(),
          ms: run.scheduler.now() - startMs,
        });
      }
      if (run.scheduler.due()) await run.scheduler.pause();
    }
    return await materialise(run, current);
  } finally {
    run.release();
  }
}
