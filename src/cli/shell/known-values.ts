// SPDX-License-Identifier: Apache-2.0

import { flowFieldPaths } from '../../gremlin/flows/fields.js';
import type { Subject } from './parameters.js';

/** Asks the analyzer: the JSON value of the answer. Rejects when it cannot answer in time. */
export type Ask = (query: string) => Promise<unknown>;

export type Scalar = string | number | boolean;

/** What completion knows of the graph. */
export interface KnownValues {
  /** The names of the fields that these elements have. */
  keys(subject: Subject, base: string): Promise<readonly string[]>;
  /** Values of a field; of too many, those that start with `start`. */
  values(subject: Subject, base: string, key: string, start: string): Promise<readonly Scalar[]>;
}

/** Values of a field that are asked for at once. */
const most = 200;
/** Elements looked at when looking at all takes too long, and edges in any case. */
const sample = 1000;
const keptMs = 30_000;
const keptAnswers = 100;

const ownKeys = ['@CreatedAt', '@DeletedAt', '@Host', '@ID', '@Origin', '@Revision', '@UpdatedAt'];

type Row = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The paths of a map, those of inner maps with dots. */
function pathsOf(map: Row, prefix = ''): readonly string[] {
  return Object.entries(map).flatMap(([key, value]) => [
    `${prefix}${key}`,
    ...(isMap(value) ? pathsOf(value, `${prefix}${key}.`) : []),
  ]);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The member of a map at a path; members may have dots in their own names. */
function memberOf(map: unknown, path: string): unknown {
  if (!isMap(map)) return undefined;
  if (path in map) return map[path];
  const dot = path.indexOf('.');
  return dot < 0 ? undefined : memberOf(map[path.slice(0, dot)], path.slice(dot + 1));
}

/** Keys and values as the analyzer has them: bounded in number, kept for half a minute. */
export class AskedValues implements KnownValues {
  readonly #ask: Ask;
  readonly #now: () => number;
  readonly #answers = new Map<string, { readonly value: unknown; readonly untilMs: number }>();

  constructor(ask: Ask, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  async keys(subject: Subject, base: string): Promise<readonly string[]> {
    if (subject === 'flows') return flowFieldPaths;
    if (subject === 'nodes') {
      const keys = await this.#first([`${base}.Keys()`, `${base}.Limit(${sample}).Keys()`]);
      return listOf(keys).filter((key) => typeof key === 'string');
    }
    const edges = listOf(await this.#first([`${base}.Dedup("RelationType").Limit(${most})`]));
    const paths = edges.flatMap((edge) => pathsOf((memberOf(edge, 'Metadata') ?? {}) as Row));
    return [...new Set([...ownKeys, ...paths])].sort();
  }

  async values(subject: Subject, base: string, key: string, start: string): Promise<readonly Scalar[]> {
    // A name that cannot be written cannot be asked for.
    if (subject === 'flows' || /["']/.test(key)) return [];
    const all = await this.#valuesOf(subject, `${base}.Has("${key}")`, key);
    if (all.length < most || start === '' || /["'\p{Cc}]/u.test(start)) return all;
    const pattern = start.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return this.#valuesOf(subject, `${base}.Has("${key}", Regex("${pattern}.*"))`, key);
  }

  async #valuesOf(subject: Subject, elements: string, key: string): Promise<readonly Scalar[]> {
    const suffix = subject === 'nodes' ? `.ValueMap("${key}")` : '';
    const found = listOf(
      await this.#first([
        `${elements}.Dedup("${key}").Limit(${most})${suffix}`,
        `${elements}.Limit(${sample})${suffix}`,
      ]),
    );
    const values = found
      .map((row) => memberOf(subject === 'nodes' ? row : memberOf(row, 'Metadata'), key))
      .flatMap((value) => (Array.isArray(value) ? value : [value]))
      .filter(isScalar);
    return [...new Set(values)];
  }

  /** The first of the queries that the analyzer answers; undefined when it answers none. */
  async #first(queries: readonly string[]): Promise<unknown> {
    for (const query of queries) {
      const kept = this.#answers.get(query);
      if (kept !== undefined && kept.untilMs > this.#now()) return kept.value;
      try {
        const value = await this.#ask(query);
        this.#keep(query, value);
        return value;
      } catch {
        // Completion is a convenience: what is wrong shows when the query itself is asked.
      }
    }
    return undefined;
  }

  #keep(query: string, value: unknown): void {
    this.#answers.delete(query);
    this.#answers.set(query, { value, untilMs: this.#now() + keptMs });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= keptAnswers) break;
      this.#answers.delete(oldest);
    }
  }
}
