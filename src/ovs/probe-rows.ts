// SPDX-License-Identifier: Apache-2.0

import type { OvsDatabase, Transact } from './database.js';
import type { Operation } from './operation.js';
import { type Row, referencesOf, referenceTo, setOf, textMapOf } from './value.js';

/** External id of every row that a capture writes. Its value says for what: the UUID of a port, or of a bridge. */
export const probeIdName = 'skydive-probe-id';

/** Tables whose rows captures write; the ports of mirrors go with these. */
export type ProbeTable = 'sFlow' | 'NetFlow' | 'Mirror';

/** How a running capture claims what it has written, in `OvsDatabase.claimed`. */
export function claimOf(table: ProbeTable, probeId: string): string {
  return `${table} ${probeId}`;
}

/** Who wrote a row, undefined when it was no capture. */
export function probeIdOf(row: Row): string | undefined {
  return textMapOf(row['external_ids']).get(probeIdName);
}

/**
 * Deletes what captures have left in Open vSwitch: those of an agent that was killed, or that could not reach the
 * database when they ended. Rows of running captures stay.
 */
export async function removeLeftOvers(
  database: Pick<OvsDatabase, 'rows' | 'claimed'>,
  transact: Transact,
): Promise<void> {
  const tables = ['sFlow', 'NetFlow', 'Mirror'] as const;
  const selected = await transact(
    tables.map((table) => ({ op: 'select', table, where: [], columns: ['_uuid', 'external_ids'] }) as const),
  );
  const operations: Operation[] = [];
  const left = (table: ProbeTable, row: Row) => {
    const probeId = probeIdOf(row);
    return probeId !== undefined && !database.claimed.has(claimOf(table, probeId));
  };
  for (const [at, table] of tables.entries()) {
    const rows = (selected[at]?.rows ?? []).filter((row) => left(table, row));
    const uuids = rows.flatMap((row) => referencesOf(row['_uuid']));
    if (uuids.length === 0) continue;
    if (table === 'Mirror') operations.push(takeFromBridges('mirrors', uuids));
    else {
      const column = table === 'sFlow' ? 'sflow' : 'netflow';
      for (const uuid of uuids) {
        operations.push({
          op: 'update',
          table: 'Bridge',
          where: [[column, '==', referenceTo(uuid)]],
          row: { [column]: setOf([]) },
        });
      }
    }
  }
  const ports = [...database.rows('Port')].filter(([, row]) => left('Mirror', row)).map(([uuid]) => uuid);
  if (ports.length > 0) operations.push(takeFromBridges('ports', ports));
  if (operations.length > 0) await transact(operations);
}

/** The database deletes what nothing refers to any more. */
export function takeFromBridges(column: 'mirrors' | 'ports', uuids: readonly string[]): Operation {
  return {
    op: 'mutate',
    table: 'Bridge',
    where: [],
    mutations: [[column, 'delete', setOf(uuids.map(referenceTo))]],
  };
}
