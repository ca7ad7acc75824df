// SPDX-License-Identifier: Apache-2.0
// A process that does nothing but capture, so that its CPU time is the capture's: started by `startCapture`.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { addon } from '../../src/native/addon.js';
import type {
  NativePacketCaptureOptions,
  NativePacketCaptureStats,
} from '../../src/native/packet-capture.js';

export interface CaptureMeasure {
  /** User and system time of the process so far. */
  readonly cpuSeconds: number;
  readonly stats: NativePacketCaptureStats;
}

/** The capture's handle in the process that measures. */
export class CaptureProcess {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async measure(): Promise<CaptureMeasure> {
    this.#child.send('measure');
    const [measure] = (await once(this.#child, 'message')) as [CaptureMeasure];
    return measure;
  }

  /** Measures until all packets of the interface are accounted for. */
  async settled(sent: number): Promise<CaptureMeasure> {
    for (let attempt = 0; ; attempt += 1) {
      const measure = await this.measure();
      const { packets, packetsDropped } = measure.stats;
      if (packets + packetsDropped >= sent || attempt > 200) return measure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

export async function startCapture(options: NativePacketCaptureOptions): Promise<CaptureProcess> {
  const child = fork(import.meta.filename, [JSON.stringify(options)]);
  await once(child, 'message');
  return new CaptureProcess(child);
}

if (process.argv[1] === import.meta.filename) {
  const live = new (addon().PacketCapture)(JSON.parse(process.argv[2] ?? '{}'), () => {
    while (live.take(1000).length > 0);
  });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6, stats: live.stats() } satisfies CaptureMeasure);
  });
  process.on('disconnect', () => live.stop());
  process.send?.('ready');
}
