// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, Node } from '../graph/element.js';
import type { GraphSource, ViewContext } from '../graph/view.js';
import type { Query } from '../gremlin/query.js';
import type { RunOptions } from '../gremlin/run.js';
import type { Dialect } from '../gremlin/steps/registry.js';

/** How the filters of clients are run. */
export interface FilterQueries {
  /** What an agent understands, or all of the language. */
  readonly dialect: Dialect;
  /** Bounds of each evaluation, and what queries have beside the graph. */
  readonly options: () => RunOptions;
}

/** The elements a client sees through its filter. */
export interface FilteredGraph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** A Gremlin query that gives a graph: what a subscriber wants to see. */
export class GraphFilter {
  readonly text: string;
  readonly #query: Query;
  readonly #options: () => RunOptions;

  private constructor(text: string, query: Query, options: () => RunOptions) {
    this.text = text;
    this.#query = query;
    this.#options = options;
  }

  /** Throws SKY_E_BAD_REQUEST in the original's words. */
  static async parse(
    text: string,
    client: string,
    { dialect, options }: FilterQueries,
  ): Promise<GraphFilter> {
    // Most clients have no filter: the language is loaded with the first one.
    const { parseQuery } = await import('../gremlin/query.js');
    try {
      return new GraphFilter(text, parseQuery(text, dialect), options);
    } catch (thrown) {
      const words = `Invalid Gremlin filter '${text}' for client ${client}`;
      throw new SkydiveError('SKY_E_BAD_REQUEST', words, { cause: thrown });
    }
  }

  /**
   * Throws SKY_E_BAD_REQUEST when the result is not a graph, else what the query throws: SKY_E_GREMLIN_BUDGET beyond
   * the bounds, and when the client is gone.
   */
  async run(source: GraphSource, signal: AbortSignal): Promise<FilteredGraph> {
    const result = await this.#query.run(source, { ...this.#options(), signal });
    if (result.kind === 'Graph') return result;
    throw new SkydiveError('SKY_E_BAD_REQUEST', `Gremlin query '${this.text}' did not return a graph`);
  }
}

/** A source whose present is another time. */
export function sourceAt(source: GraphSource, context: ViewContext): GraphSource {
  return {
    view: (asked, signal) =>
      source.view(asked === undefined || asked.kind === 'live' ? context : asked, signal),
  };
}
