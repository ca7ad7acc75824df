// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, Node } from '../graph/element.js';
import type { GraphSource, ViewContext } from '../graph/view.js';
import type { Query } from '../gremlin/query.js';

/** The elements a client sees through its filter. */
export interface FilteredGraph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** A Gremlin query that gives a graph: what a subscriber wants to see. */
export class GraphFilter {
  readonly text: string;
  readonly #query: Query;

  private constructor(text: string, query: Query) {
    this.text = text;
    this.#query = query;
  }

  /** Throws SKY_E_BAD_REQUEST in the original's words. */
  static async parse(text: string, client: string): Promise<GraphFilter> {
    // Most clients have no filter: the language is loaded with the first one.
    const { parseQuery } = await import('../gremlin/query.js');
    try {
      return new GraphFilter(text, parseQuery(text));
    } catch (thrown) {
      const words = `Invalid Gremlin filter '${text}' for client ${client}`;
      throw new SkydiveError('SKY_E_BAD_REQUEST', words, { cause: thrown });
    }
  }

  /** Throws SKY_E_BAD_REQUEST when the result is not a graph, else what the query throws. */
  async run(source: GraphSource): Promise<FilteredGraph> {
    const result = await this.#query.run(source);
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
