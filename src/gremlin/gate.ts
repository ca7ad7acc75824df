// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import { HandleSet } from './handles.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';

/** Asked this often, a gate looks at all edges at once. */
const patience = 64;

/** Lets the edges pass that a filter takes; for walks, which ask for a few edges at a time, very often. */
export class EdgeGate {
  readonly #run: Run;
  readonly #scope: Scope;
  readonly #filter: Filter | undefined;
  #asked = 0;
  #open: HandleSet | undefined;

  constructor(run: Run, scope: Scope, filter: Filter | undefined) {
    this.#run = run;
    this.#scope = scope;
    this.#filter = filter;
  }

  async pass(edges: Uint32Array): Promise<Uint32Array> {
    if (this.#filter === undefined || edges.length === 0) return edges;
    if (this.#open === undefined && this.#asked++ > patience) await this.#openAll(this.#filter);
    const open = this.#open;
    if (open === undefined) return this.#run.select(this.#scope, 'edge', this.#filter, edges);
    return edges.filter((edge) => open.has(edge));
  }

  async #openAll(filter: Filter): Promise<void> {
    const open = new HandleSet();
    await this.#run.scheduler.each(await this.#run.select(this.#scope, 'edge', filter), (edge) =>
      open.add(edge),
    );
    this.#open = open;
  }
}
