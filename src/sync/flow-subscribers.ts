// SPDX-License-Identifier: Apache-2.0

import type { Endpoint } from '../wire/endpoint.js';
import { Outgoing } from '../wire/outgoing.js';
import { encodeFields } from '../wire/protobuf.js';
import type { Speaker } from '../wire/speaker.js';

/** A flow as JSON clients see it. */
export interface FlowObject {
  readonly CaptureID?: string;
}

/** What a capture counted. */
export interface CaptureStats {
  readonly CaptureID: string;
  readonly FlowCount: number;
  readonly FlowDropped: number;
  readonly KernelFlowDropped: number;
  readonly PacketsDropped: number;
  readonly PacketsReceived: number;
}

const captureNamespace = 'flow/';

/**
 * `/ws/subscriber/flow`: hands flows and capture statistics on to exporters. What nobody has subscribed to is not
 * sent at all; what somebody has is sent, as in the original, to every connection whose namespaces admit it.
 */
export class FlowSubscribers {
  readonly #endpoint: Endpoint;
  readonly #subscribed = new Map<Speaker, readonly string[]>();
  readonly #stop: (() => void)[];

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#stop = [
      endpoint.onConnected((speaker) => void this.#subscribed.set(speaker, namesOf(speaker))),
      endpoint.onDisconnected((speaker) => void this.#subscribed.delete(speaker)),
    ];
  }

  /** Whether a batch of flows would reach anybody: otherwise it need not be decoded. */
  get wanted(): boolean {
    return [...this.#names()].some((name) => name === 'flow' || name.startsWith(captureNamespace));
  }

  /** A batch of flows that the analyzer stores; a slow exporter misses what its queue has no room for. */
  flows(flows: readonly FlowObject[]): void {
    if (flows.length === 0) return;
    const names = this.#names();
    if (names.has('flow')) this.#store('flow', flows);
    for (const name of names) {
      if (!name.startsWith(captureNamespace)) continue;
      const own = flows.filter(({ CaptureID }) => CaptureID === name.slice(captureNamespace.length));
      if (own.length > 0) this.#store(name, own);
    }
  }

  stats(stats: CaptureStats): void {
    if (!this.#names().has('stats')) return;
    const { CaptureID, FlowCount, FlowDropped, KernelFlowDropped, PacketsDropped, PacketsReceived } = stats;
    const counters = { FlowCount, FlowDropped, KernelFlowDropped, PacketsDropped, PacketsReceived };
    const bytes = encodeFields([CaptureID, ...Object.values(counters)]);
    const obj = () => ({ ...(CaptureID === '' ? {} : { CaptureID }), ...counters });
    this.#endpoint.broadcast(Outgoing.protobuf({ namespace: 'stats', type: 'stats' }, bytes, obj));
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    this.#subscribed.clear();
  }

  #store(namespace: string, flows: readonly FlowObject[]): void {
    this.#endpoint.broadcast(Outgoing.json({ namespace, type: 'store' }, flows));
  }

  #names(): Set<string> {
    return new Set([...this.#subscribed.values()].flat());
  }
}

/** Names come from header lines alone; without any a client gets both kinds. `*` subscribes to nothing. */
function namesOf(speaker: Speaker): readonly string[] {
  const lines = speaker.peer.header('X-Websocket-Namespace');
  return lines.length === 0 ? ['flow', 'stats'] : lines;
}
