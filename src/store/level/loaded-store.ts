// SPDX-License-Identifier: Apache-2.0

import type { Database } from './database.js';
import type { Lifetimes } from './lifetimes.js';
import type { PathTable } from './paths.js';

/** What of an open window reading needs: the rows, who was there when, and the paths that rows name by number. */
export interface LoadedStore {
  readonly database: Database;
  readonly lifetimes: Lifetimes;
  readonly paths: PathTable;
}
