// SPDX-License-Identifier: Apache-2.0
// A process that does nothing but capture, so that its CPU time is the capture's: started by `startCapture`.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { addon } from '../../src/native/addon.js';
import type { NativeEbpfCaptureOptions, NativeEbpfCaptureStats } from '../../src/native/ebpf-capture.js';
import type {
  NativePacketCaptureOptions,
  NativePacketCaptureStats,
} from '../../src/native/packet-capture.js';

/** A class of captures with the options and the statistics that it has. */
export interface Captures {
  PacketCapture: { options: NativePacketCaptureOptions; stats: NativePacketCaptureStats };
  EbpfCapture: { options: NativeEbpfCaptureOptions; stats: NativeEbpfCaptureStats };
}

export interface CaptureMeasure<Stats extends NativePacketCaptureStats> {
  /** User and system time of the process so far. */
  readonly cpuSeconds: number;
  readonly stats: Stats;
}

/** The capture's handle in the process that measures. */
export class CaptureProcess<Stats extends NativePacketCaptureStats> {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async measure(): Promise<CaptureMeasure<Stats>> {
    this.#child.send('measure');
    const [measure] = (await once(this.#child, 'message')) as [CaptureMeasure<Stats>];
    return measure;
  }

  /** Measures until all packets of the interface are accounted for. */
  async settled(sent: number): Promise<CaptureMeasure<Stats>> {
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

export async function startCapture<Class extends keyof Captures>(
  name: Class,
  options: Captures[Class]['options'],
): Promise<CaptureProcess<Captures[Class]['stats']>> {
  const child = fork(import.meta.filename, [name, JSON.stringify(options)]);
  await once(child, 'message');
  return new CaptureProcess(child);
}

if (process.argv[1] === import.meta.filename) {
  const [, , name, options] = process.argv;
  const Capture = addon()[name as keyof Captures];
  const live = new Capture(JSON.parse(options ?? '{}'), () => {
    while (live.take(1000).length > 0);
  });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6, stats: live.stats() });
  });
  process.on('disconnect', () => live.stop());
  process.send?.('ready');
}
