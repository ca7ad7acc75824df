// SPDX-License-Identifier: Apache-2.0

import type { Row } from './value.js';

/** `[column, function, value]` of RFC 7047 §5.1. */
export type Condition = readonly [string, '==' | '!=' | 'includes' | 'excludes', unknown];

export type Mutation = readonly [string, 'insert' | 'delete', unknown];

/** The operations of RFC 7047 §5.2 that are used here. */
export type Operation =
  | { readonly op: 'insert'; readonly table: string; readonly row: Row; readonly 'uuid-name'?: string }
  | {
      readonly op: 'select';
      readonly table: string;
      readonly where: readonly Condition[];
      readonly columns?: readonly string[];
    }
  | { readonly op: 'update'; readonly table: string; readonly where: readonly Condition[]; readonly row: Row }
  | {
      readonly op: 'mutate';
      readonly table: string;
      readonly where: readonly Condition[];
      readonly mutations: readonly Mutation[];
    }
  | { readonly op: 'delete'; readonly table: string; readonly where: readonly Condition[] }
  | { readonly op: 'comment'; readonly comment: string };

/** What one operation gave. */
export interface OperationResult {
  /** Rows changed. */
  readonly count?: number;
  /** Of an inserted row. */
  readonly uuid?: readonly ['uuid', string];
  /** Of a select. */
  readonly rows?: readonly Row[];
}
