// SPDX-License-Identifier: Apache-2.0
// Flows of a capture file, for the golden tests.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from '../../src/native/addon.js';
import type { NativeFlowTableInstance, NativeFlowTableOptions } from '../../src/native/flow-table.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const shared = join(root, '../shared');
export type Options = NativeFlowTableOptions;

interface Layer<Id> {
  readonly Protocol: string;
  readonly A: Id;
  readonly B: Id;
  readonly ID: number;
}

/** A flow's JSON, as far as tests read it by name. */
export interface Flow {
  readonly UUID: string;
  readonly LayersPath: string;
  readonly Application: string;
  readonly TrackingID: string;
  readonly L3TrackingID: string;
  readonly ParentUUID: string;
  readonly Start: number;
  readonly Last: number;
  readonly Link?: Layer<string>;
  readonly Network?: Layer<string>;
  readonly Transport?: Layer<number>;
  readonly ICMP?: { readonly Type: string; readonly Code?: number; readonly ID?: number };
  readonly Metric: Readonly<
    Record<'ABPackets' | 'ABBytes' | 'BAPackets' | 'BABytes' | 'Start' | 'Last', number>
  > & {
    readonly RTT?: number;
  };
  readonly LastUpdateMetric?: Flow['Metric'];
  readonly TCPMetric?: Readonly<Record<string, number>>;
  readonly IPMetric?: { readonly Fragments: number; readonly FragmentErrors: number };
  readonly DNS?: unknown;
  readonly FinishType?: number;
}

/** A table that has read a file, its flows in order. */
export function read(path: string, options: Options): NativeFlowTableInstance {
  const table = new (addon().FlowTable)({ ordered: true, format: 'json', flowsPerMessage: 1000, ...options });
  table.feed(readFileSync(path));
  table.finish();
  return table;
}

/** Each flow's JSON text after a file was read, before any update. */
export function textsOf(path: string, options: Options): string[] {
  return read(path, { ...options, flowsPerMessage: 1 })
    .flows()
    .map((message) => message.toString().slice(1, -1));
}

/** The flows of a capture of the shared corpus. */
export async function flowsOf(pcap: string, options: Options): Promise<Flow[]> {
  const messages = read(join(shared, 'pcap', `${pcap}.pcap`), options).flows();
  return messages.flatMap((message) => JSON.parse(message.toString()) as Flow[]);
}
