// SPDX-License-Identifier: Apache-2.0

/** Name of the database and of its root table. */
export const databaseName = 'Open_vSwitch';

/** Of the tables, the columns that show in the graph: what else changes costs nothing. */
export function columnsOf(statistics: boolean): Readonly<Record<string, readonly string[]>> {
  return {
    [databaseName]: ['ovs_version', 'db_version', 'other_config', 'external_ids'],
    Bridge: ['name', 'ports', 'external_ids', 'other_config', 'protocols'],
    Port: ['name', 'interfaces', 'tag', 'bond_mode', 'lacp', 'external_ids', 'other_config'],
    Interface: [
      ...['name', 'type', 'options', 'external_ids', 'other_config', 'status', 'error'],
      ...['ifindex', 'mac_in_use', 'ofport'],
      ...(statistics ? ['statistics'] : []),
    ],
  };
}
