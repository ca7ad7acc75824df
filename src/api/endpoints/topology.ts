// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { GraphSource } from '../../graph/view.js';
import { render } from '../../gremlin/output/format.js';
import { parseQuery } from '../../gremlin/query.js';
import type { Result } from '../../gremlin/result.js';
import type { RunOptions } from '../../gremlin/run.js';
import type { Dialect } from '../../gremlin/steps/registry.js';
import { emptyAnswer, jsonAnswer } from '../answer.js';
import type { ApiAnswer, ApiRequest, Handler } from '../exchange.js';
import { fetchAll } from '../fetch-all.js';
import { parseJson } from '../json-body.js';
import { headerText } from '../transport/header-text.js';

/**
 * `GET /api/topology`: the whole live graph. The view is released before the first byte goes out: elements are
 * values, and a slow reader must not hold what the graph changes meanwhile.
 */
export function wholeGraphHandler(source: GraphSource): Handler {
  return async ({ signal }) => {
    const view = await source.view({ kind: 'live' }, signal);
    try {
      const Nodes = await fetchAll(view.nodes(), (handle) => view.node(handle));
      const Edges = await fetchAll(view.edges(), (handle) => view.edge(handle));
      // As on the wire, an empty list is null.
      return jsonAnswer({ Nodes: listOrNull(Nodes), Edges: listOrNull(Edges) });
    } finally {
      view.release();
    }
  };
}

function listOrNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}

/** The query of a request body, empty when there is none. */
function queryText(body: string): string {
  if (body.trim() === '') return '';
  const decoded = parseJson(body, 'unexpected end of JSON input');
  if (decoded === null) return '';
  if (typeof decoded !== 'object' || Array.isArray(decoded)) {
    throw new SkydiveError(
      'SKY_E_BAD_REQUEST',
      'the body has to be an object like {"GremlinQuery": "G.V()"}',
    );
  }
  const text = (decoded as { GremlinQuery?: unknown }).GremlinQuery ?? '';
  if (typeof text !== 'string') {
    throw new SkydiveError('SKY_E_BAD_REQUEST', 'GremlinQuery has to be a string');
  }
  return text;
}

function encoded(result: Result, accept: string): ApiAnswer {
  try {
    // The header comes back verbatim, even when it is absent: clients of the original compare it.
    return { status: 200, type: `${accept}; charset=UTF-8`, body: render(result, accept).body };
  } catch (error) {
    if (!(error instanceof SkydiveError) || error.code !== 'SKY_E_NOT_ACCEPTABLE') throw error;
    throw new SkydiveError('SKY_E_NOT_ACCEPTABLE', `Error while encoding response: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * `POST /api/topology`: runs a query; the exact `Accept` header selects the format. Only who asks with `X-Skydive-Hints`
 * is told how to ask better, beside the same answer: finding that out may take a second run.
 */
export function queryHandler(source: GraphSource, dialect: Dialect, options: RunOptions = {}): Handler {
  return async (request: ApiRequest) => {
    const text = queryText((await request.body()).toString('utf8'));
    if (text === '') return emptyAnswer(204);
    const result = await parseQuery(text, dialect).run(source, {
      ...options,
      signal: request.signal,
      hints: (request.headers['x-skydive-hints'] ?? '') !== '',
    });
    const answer = encoded(result, request.headers.accept ?? '');
    if (result.hint === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'X-Skydive-Hint': headerText(result.hint) } };
  };
}
