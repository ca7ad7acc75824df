// SPDX-License-Identifier: Apache-2.0

import { JsonCursor } from '../json/cursor.js';
import type { Slice } from './slice.js';
import type { Row } from './value.js';

/** A message of JSON-RPC 1.0; what may be long is not decoded yet. */
export interface RpcMessage {
  readonly id: unknown;
  /** Of a request or notification. */
  readonly method: string | undefined;
  readonly error: unknown;
  readonly bytes: Buffer;
  /** Where these begin in `bytes`; -1 when they are not there. */
  readonly resultAt: number;
  readonly paramsAt: number;
}

/** What happened to a row; without `new` it is gone. */
export interface RowUpdate {
  readonly table: string;
  readonly uuid: string;
  /** All monitored columns. */
  readonly new?: Row;
}

/** Reads the members of a message. Throws SKY_E_BAD_REQUEST. */
export async function readMessage(bytes: Buffer, slice: Slice): Promise<RpcMessage> {
  const cursor = new JsonCursor(bytes);
  const members: { id?: unknown; method?: unknown; error?: unknown } = {};
  let resultAt = -1;
  let paramsAt = -1;
  cursor.enterObject();
  for (let key = cursor.nextKey(true); key !== undefined; key = cursor.nextKey(false)) {
    if (key === 'result' || key === 'params') {
      if (key === 'result') resultAt = cursor.at;
      else paramsAt = cursor.at;
      for (const _ of cursor.skipSliced()) await slice.next();
    } else {
      const value = cursor.value();
      if (key === 'id' || key === 'method' || key === 'error') members[key] = value;
    }
  }
  const { id, method, error } = members;
  return {
    id,
    method: typeof method === 'string' ? method : undefined,
    error: error ?? undefined,
    bytes,
    resultAt,
    paramsAt,
  };
}

/** The value at a place of a message. */
export function valueAt(bytes: Buffer, at: number): unknown {
  return at < 0 ? null : new JsonCursor(bytes, at).value();
}

/** Gets the rows, tables in this order; others come last. */
export interface RowReader {
  readonly tables: readonly string[];
  readonly onRow: (update: RowUpdate) => void;
}

/** Walks over the `<table-updates>` (RFC 7047 §4.1.6) at a place, a row at a time. */
export async function readTableUpdates(
  bytes: Buffer,
  at: number,
  slice: Slice,
  reader: RowReader,
): Promise<void> {
  await walkTables(new JsonCursor(bytes, at), slice, reader);
}

/** As `readTableUpdates`, of the parameters of an `update` notification: the monitor's name and the updates. */
export async function readUpdate(message: RpcMessage, slice: Slice, reader: RowReader): Promise<void> {
  const cursor = new JsonCursor(message.bytes, message.paramsAt);
  if (!cursor.enterArray() || !cursor.nextItem(true)) cursor.fail('the name of a monitor');
  cursor.skip();
  if (!cursor.nextItem(false)) cursor.fail('an object of tables');
  await walkTables(cursor, slice, reader);
}

async function walkTables(cursor: JsonCursor, slice: Slice, { tables, onRow }: RowReader): Promise<void> {
  if (!cursor.enterObject()) cursor.fail('an object of tables');
  const places: { readonly table: string; readonly at: number }[] = [];
  for (let table = cursor.nextKey(true); table !== undefined; table = cursor.nextKey(false)) {
    places.push({ table, at: cursor.at });
    for (const _ of cursor.skipSliced()) await slice.next();
  }
  const rank = (table: string) => (tables.includes(table) ? tables.indexOf(table) : tables.length);
  places.sort((a, b) => rank(a.table) - rank(b.table));
  for (const { table, at } of places) {
    const rows = new JsonCursor(cursor.bytes, at);
    if (!rows.enterObject()) rows.fail('an object of rows');
    for (let uuid = rows.nextKey(true); uuid !== undefined; uuid = rows.nextKey(false)) {
      const update = rows.value() as { readonly new?: Row } | null;
      const row = update?.new;
      onRow({ table, uuid, ...(row !== undefined && row !== null && { new: row }) });
      const pause = slice.next();
      if (pause !== undefined) await pause;
    }
  }
}
