// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from 'node:path';
import type { Config } from '../config/key.js';

/** What names the storage section of the topology's history, and that of flows. */
export const backendKeys = ['analyzer.topology.backend', 'analyzer.flow.backend'] as const;
export type BackendKey = (typeof backendKeys)[number];

export interface Backend {
  /** Of the section. */
  readonly name: string;
  readonly driver: string;
  /** Where a `level` section keeps what it keeps: its `path`, else `history` beside `etcd.data_dir`. */
  readonly folder: string;
  /** What sets the folder. */
  readonly folderKey: string;
}

export function backendOf(config: Config, key: BackendKey): Backend {
  const name = config.getString(key);
  const folderKey = `storage.${name}.path`;
  return {
    name,
    driver: config.getString(`storage.${name}.driver`) || name,
    folder: config.getString(folderKey) || join(dirname(config.getString('etcd.data_dir')), 'history'),
    folderKey,
  };
}
