// SPDX-License-Identifier: Apache-2.0

/** What a capture tells the analyzer about itself: since the last time, but for the flows, which are those there are. */
export interface StatsReport {
  readonly captureId: string;
  readonly flowCount: number;
  readonly flowDropped: number;
  readonly kernelFlowDropped: number;
  readonly packetsDropped: number;
  readonly packetsReceived: number;
}

/** A serialized `Message` that holds `Stats` only (flow.md §1.2). */
export function statsMessage(report: StatsReport): Buffer {
  const id = Buffer.from(report.captureId);
  const numbers = [
    report.flowCount,
    report.flowDropped,
    report.kernelFlowDropped,
    report.packetsDropped,
    report.packetsReceived,
  ];
  const stats = [
    ...(id.length === 0 ? [] : [0x0a, ...varint(id.length), ...id]),
    ...numbers.flatMap((value, index) => (value === 0 ? [] : [(index + 2) << 3, ...varint(value)])),
  ];
  return Buffer.from([0x12, ...varint(stats.length), ...stats]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
