// SPDX-License-Identifier: Apache-2.0

import { setImmediate } from 'node:timers/promises';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Element } from '../../graph/element.js';
import type { GraphSource } from '../../graph/view.js';
import { emptyAnswer, jsonAnswer } from '../answer.js';
import type { ApiAnswer, ApiRequest, Handler } from '../exchange.js';

/** What the query language offers this endpoint. */
export interface QueryEngine {
  /** Throws SKY_E_GREMLIN_SYNTAX. */
  parse(text: string): ParsedQuery;
}

export interface ParsedQuery {
  run(source: GraphSource, options: { signal?: AbortSignal }): Promise<QueryResult>;
}

export interface QueryResult {
  /** What `JSON.stringify` gives clients: an array of values, or a scalar. */
  toJSON(): unknown;
  /** Throws SKY_E_NOT_ACCEPTABLE when the result is not a graph. */
  toDot?(): string;
  /** Throws SKY_E_NOT_ACCEPTABLE when the result is not one of RawPackets. */
  toPcap?(): Uint8Array;
}

/** Elements fetched between two turns of the event loop. */
const slice = 2048;

async function fetchAll<T extends Element>(handles: Uint32Array, fetch: (handle: number) => T): Promise<T[]> {
  const elements: T[] = [];
  for (let at = 0; at < handles.length; at += slice) {
    for (const handle of handles.subarray(at, at + slice)) elements.push(fetch(handle));
    await setImmediate();
  }
  return elements;
}

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
  let decoded: unknown;
  try {
    decoded = JSON.parse(body);
  } catch (error) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', syntaxMessage(body, error), { cause: error });
  }
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

/** The original's text for a body that ends too early; otherwise the decoder's. */
function syntaxMessage(body: string, error: unknown): string {
  const position = /position (\d+)/.exec(messageOf(error))?.[1];
  const ended = /Unexpected end|Unterminated/.test(messageOf(error)) || Number(position) >= body.length;
  return ended ? 'unexpected end of JSON input' : messageOf(error);
}

function encoded(result: QueryResult, accept: string): ApiAnswer {
  const type = `${accept}; charset=UTF-8`;
  try {
    switch (accept) {
      case 'text/vnd.graphviz': {
        if (result.toDot === undefined) {
          throw new SkydiveError('SKY_E_NOT_ACCEPTABLE', 'Only graph can be outputted as dot');
        }
        return { status: 200, type, body: result.toDot() };
      }
      case 'application/vnd.tcpdump.pcap': {
        if (result.toPcap === undefined) {
          throw new SkydiveError(
            'SKY_E_NOT_ACCEPTABLE',
            'Only RawPackets step result can be outputted as pcap',
          );
        }
        return { status: 200, type, body: result.toPcap() };
      }
      default:
        return jsonAnswer(result.toJSON(), { type });
    }
  } catch (error) {
    if (!(error instanceof SkydiveError) || error.code !== 'SKY_E_NOT_ACCEPTABLE') throw error;
    throw new SkydiveError('SKY_E_NOT_ACCEPTABLE', `Error while encoding response: ${error.message}`, {
      cause: error,
    });
  }
}

/** `POST /api/topology`: runs a query; the exact `Accept` header selects the format. */
export function queryHandler(source: GraphSource, engine: QueryEngine): Handler {
  return async (request: ApiRequest) => {
    const text = queryText((await request.body()).toString('utf8'));
    if (text === '') return emptyAnswer(204);
    const result = await engine.parse(text).run(source, { signal: request.signal });
    return encoded(result, request.headers.accept ?? '');
  };
}
