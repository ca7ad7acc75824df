// SPDX-License-Identifier: Apache-2.0

/** Counters of an interface metric; beside them it has `Start` and `Last`, in ms. */
export const interfaceCounters: readonly string[] = [
  'Collisions',
  'Multicast',
  'RxBytes',
  'RxCompressed',
  'RxCrcErrors',
  'RxDropped',
  'RxErrors',
  'RxFifoErrors',
  'RxFrameErrors',
  'RxLengthErrors',
  'RxMissedErrors',
  'RxOverErrors',
  'RxPackets',
  'TxAbortedErrors',
  'TxBytes',
  'TxCarrierErrors',
  'TxCompressed',
  'TxDropped',
  'TxErrors',
  'TxFifoErrors',
  'TxHeartbeatErrors',
  'TxPackets',
  'TxWindowErrors',
];
