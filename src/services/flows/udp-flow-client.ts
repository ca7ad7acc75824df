// SPDX-License-Identifier: Apache-2.0

import { lookup } from 'node:dns/promises';
import { messageOf } from '../../errors.js';
import { addon } from '../../native/addon.js';
import type { NativeUdpSenderInstance } from '../../native/udp-sender.js';
import type { Timer } from '../../wire/clock.js';
import type { Shared } from '../../wire/shared.js';
import type { FlowClient, FlowClientStats } from './flow-client.js';

export interface UdpFlowClientOptions {
  /** Name or address of the analyzer. */
  readonly host: string;
  readonly port: number;
  readonly shared: Shared;
  /** Address of a name. */
  readonly resolve?: (name: string) => Promise<string>;
}

/** Messages that wait while the analyzer's name is looked up. */
const maxWaiting = 10_000;
const retryMs = 1000;

async function resolveName(name: string): Promise<string> {
  return (await lookup(name)).address;
}

/** A `Message` a datagram, to the number of the analyzer's HTTP port. */
export class UdpFlowClient implements FlowClient {
  readonly #options: UdpFlowClientOptions;
  #sender: NativeUdpSenderInstance | undefined;
  #waiting: Buffer[] = [];
  #dropped = 0;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: UdpFlowClientOptions) {
    this.#options = options;
    void this.#open();
  }

  send(messages: readonly Buffer[]): void {
    if (this.#sender !== undefined) {
      this.#sender.send(messages);
      return;
    }
    const room = Math.max(0, maxWaiting - this.#waiting.length);
    this.#waiting.push(...messages.slice(0, room));
    this.#dropped += Math.max(0, messages.length - room);
  }

  stats(): FlowClientStats {
    const { sent = 0, dropped = 0, failed = 0, queued = 0 } = this.#sender?.stats() ?? {};
    return {
      sent,
      dropped: this.#dropped + dropped + failed,
      queued: queued + this.#waiting.length,
    };
  }

  close(): void {
    this.#closed = true;
    this.#retry?.stop();
    this.#sender?.close();
    this.#sender = undefined;
  }

  async #open(): Promise<void> {
    const { host, port, shared, resolve = resolveName } = this.#options;
    try {
      const address = await resolve(host);
      if (this.#closed) return;
      this.#sender = new (addon().UdpSender)({ address, port });
    } catch (error) {
      if (this.#closed) return;
      shared.complaints.note('connectError', `cannot send flows to ${host}:${port}: ${messageOf(error)}`);
      this.#retry = shared.clock.after(retryMs, () => void this.#open());
      return;
    }
    this.#sender.send(this.#waiting);
    this.#waiting = [];
  }
}
