// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetadataMap } from '../../src/graph/element.js';

const folder = join(import.meta.dirname, '../../../test/gremlin/fixtures');

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
}

export interface AcceptedRow {
  readonly number: number;
  readonly dataset: string;
  readonly query: string;
  readonly expected: string;
  readonly note?: string;
}

export interface RejectedRow {
  readonly category: string;
  readonly dataset: string;
  readonly query: string;
}

/** The 320 queries that the original answers, numbered as in the specification of the language. */
export const accepted = read<readonly AcceptedRow[]>('accepted.json');
/** The 154 queries that it refuses, or that crash it. */
export const rejected = read<readonly RejectedRow[]>('rejected.json');
export const nodes = read<{
  readonly T: readonly { ID: string; i: number; Host: string; Metadata: MetadataMap }[];
  readonly M: Readonly<Record<string, MetadataMap>>;
}>('nodes.json');
