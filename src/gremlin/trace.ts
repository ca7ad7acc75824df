// SPDX-License-Identifier: Apache-2.0

import type { Kind } from './current.js';

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
  readonly accesses: readonly Access[];
  /** Since the step began, pauses included. */
  readonly ms: number;
}
