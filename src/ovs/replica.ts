// SPDX-License-Identifier: Apache-2.0

import { isDeepStrictEqual } from 'node:util';
import type { RowUpdate } from './message.js';
import type { Row } from './value.js';

/** What became of a row: there is no `row` once it is gone, no `previous` when it is new. */
export interface RowChange {
  readonly table: string;
  readonly uuid: string;
  readonly row: Row | undefined;
  readonly previous: Row | undefined;
}

/**
 * A copy of the monitored columns. It outlives the connection: when the whole database has been told again, rows that
 * were not in it are gone.
 */
export class Replica {
  readonly #tables = new Map<string, Map<string, Row>>();
  readonly #onChange: (change: RowChange) => void;
  /** Rows told since `begin`, by table. */
  #told: Map<string, Set<string>> | undefined;

  constructor(onChange: (change: RowChange) => void) {
    this.#onChange = onChange;
  }

  row(table: string, uuid: string): Row | undefined {
    return this.#tables.get(table)?.get(uuid);
  }

  /** The rows of a table by their UUID. */
  rows(table: string): ReadonlyMap<string, Row> {
    return this.#tables.get(table) ?? new Map();
  }

  get size(): number {
    let size = 0;
    for (const rows of this.#tables.values()) size += rows.size;
    return size;
  }

  /** From now on every row is told again. */
  begin(): void {
    this.#told = new Map();
  }

  apply({ table, uuid, new: row }: RowUpdate): void {
    const rows = this.#tables.get(table) ?? new Map<string, Row>();
    this.#tables.set(table, rows);
    const previous = rows.get(uuid);
    if (row === undefined) {
      if (rows.delete(uuid)) this.#onChange({ table, uuid, row, previous });
      return;
    }
    if (this.#told !== undefined) {
      const told = this.#told.get(table) ?? new Set();
      this.#told.set(table, told.add(uuid));
    }
    rows.set(uuid, row);
    if (previous === undefined || !isDeepStrictEqual(previous, row)) {
      this.#onChange({ table, uuid, row, previous });
    }
  }

  /** Everything has been told. */
  end(): void {
    const told = this.#told;
    if (told === undefined) return;
    this.#told = undefined;
    for (const [table, rows] of this.#tables) {
      for (const [uuid, previous] of [...rows]) {
        if (told.get(table)?.has(uuid)) continue;
        rows.delete(uuid);
        this.#onChange({ table, uuid, row: undefined, previous });
      }
    }
  }
}
