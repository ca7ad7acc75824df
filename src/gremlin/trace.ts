// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import type { Kind } from './current.js';
import type { FlowQuery, FlowWindow } from './flow-source.js';

/** What flow tables or the store were asked, and how many flows (with metrics or packets, where asked) they gave. */
export interface FlowAccess {
  readonly kind: 'flow';
  readonly by: 'tables' | 'storage';
  /** The condition that was handed on, not in words of the query but of `graph/filter.ts`. */
  readonly filter?: Filter;
  /** How many nodes by TID, and how many flows by UUID, the question was narrowed to. */
  readonly nodes?: number;
  readonly uuids?: number;
  readonly sort?: FlowQuery['sort'];
  readonly dedupBy?: string;
  readonly most?: number;
  readonly window?: FlowWindow;
  readonly found: number;
}

/** How elements were found: by an index, in a column, or by looking at each. */
export interface Access {
  readonly kind: 'node' | 'edge';
  readonly by: 'index' | 'column' | 'scan';
  readonly key?: string;
  /** How many elements were looked at. */
  readonly candidates: number;
  /** How many passed. */
  readonly found: number;
}

/** What one step did. */
export interface StepTrace {
  /** The step in canonical spelling. */
  readonly step: string;
  /** Steps that it took in: they are part of its question. */
  readonly absorbed: readonly string[];
  readonly gives: Kind;
  readonly count: number;
  readonly accesses: readonly (Access | FlowAccess)[];
  /** Since the step began, pauses included. */
  readonly ms: number;
}
