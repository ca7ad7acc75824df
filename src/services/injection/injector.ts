// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import type { MetadataMap } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import { namespaceOf } from '../../graph/path.js';
import type { Logger } from '../../log/logger.js';
import type { NativePacketInjectionInstance } from '../../native/packet-injection.js';
import { inject } from './inject.js';
import type { InjectionRequest } from './request.js';

export interface InjectorOptions {
  readonly graph: Graph;
  readonly logger: Logger;
  /** Between two looks at what was sent, 3000 unless given. */
  readonly progressMs?: number;
}

interface Running {
  readonly request: InjectionRequest;
  readonly packets: NativePacketInjectionInstance;
  /** Failures that were logged. */
  failed: number;
}

const key = 'PacketInjections';

/**
 * The packet injections of this host. Those that run are shown in the metadata of their node: the request, `ID`,
 * `State`, and `PacketCount`, which is refreshed while packets are sent.
 */
export class Injector {
  readonly #options: InjectorOptions;
  /** By node, then by injection. */
  readonly #running = new Map<string, Map<string, Running>>();
  #stop: (() => void)[] = [];

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  start(): void {
    const timer = setInterval(() => this.#progress(), this.#options.progressMs ?? 3000);
    timer.unref();
    this.#stop = [
      () => clearInterval(timer),
      this.#options.graph.on((event) => {
        if (event.type === 'nodeDeleted') this.#lost(event.node.ID);
      }),
    ];
  }

  /** Ends all injections. */
  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
    for (const [nodeId, injections] of [...this.#running]) {
      for (const id of [...injections.keys()]) this.stopInjection(nodeId, id);
    }
  }

  /** Throws SKY_E_GRAPH_NOT_FOUND, or SKY_E_PROBE with the reason. */
  startInjection(nodeId: string, request: InjectionRequest): void {
    const node = this.#options.graph.getNode(nodeId);
    if (node === undefined) {
      throw new SkydiveError('SKY_E_GRAPH_NOT_FOUND', `node ${nodeId} is not on this host`);
    }
    const name = String(node.Metadata['Name'] ?? '');
    const injections = this.#running.get(nodeId) ?? new Map<string, Running>();
    if (injections.has(request.UUID)) {
      throw new SkydiveError('SKY_E_PROBE', `packet injection ${request.UUID} runs on ${name} already`);
    }
    const { path } = namespaceOf(this.#options.graph, nodeId);
    const packets = inject(
      request,
      {
        name,
        encapType: String(node.Metadata['EncapType'] ?? 'ether'),
        ...(path !== '' && { namespacePath: path }),
      },
      () => this.stopInjection(nodeId, request.UUID),
    );
    injections.set(request.UUID, { request, packets, failed: 0 });
    this.#running.set(nodeId, injections);
    this.#show(nodeId);
  }

  /** Throws SKY_E_GRAPH_NOT_FOUND when it does not run, for instance because all was sent. */
  stopInjection(nodeId: string, injectionId: string): void {
    const injections = this.#running.get(nodeId);
    const running = injections?.get(injectionId);
    if (injections === undefined || running === undefined) {
      throw new SkydiveError(
        'SKY_E_GRAPH_NOT_FOUND',
        `packet injection ${injectionId} does not run on node ${nodeId}: nothing to stop`,
      );
    }
    this.#end(running);
    injections.delete(injectionId);
    if (injections.size === 0) this.#running.delete(nodeId);
    this.#show(nodeId);
  }

  #lost(nodeId: string): void {
    for (const running of this.#running.get(nodeId)?.values() ?? []) this.#end(running);
    this.#running.delete(nodeId);
  }

  #end(running: Running): void {
    try {
      running.packets.stop();
      this.#complain(running);
    } catch (error) {
      this.#options.logger.error(`packet injection ${running.request.UUID}: ${messageOf(error)}`);
    }
  }

  #progress(): void {
    for (const [nodeId, injections] of this.#running) {
      for (const running of injections.values()) this.#complain(running);
      this.#show(nodeId);
    }
  }

  #complain(running: Running): void {
    const { failed, error } = running.packets.stats();
    if (failed === running.failed) return;
    const more = failed - running.failed;
    running.failed = failed;
    this.#options.logger.warn(
      `packet injection ${running.request.UUID}: ${more} packets were not sent: ${error}`,
    );
  }

  #show(nodeId: string): void {
    const { graph } = this.#options;
    if (graph.getNode(nodeId) === undefined) return;
    const entries = [...(this.#running.get(nodeId)?.values() ?? [])].map(
      ({ request, packets }): MetadataMap => ({
        ...request,
        ID: request.UUID,
        State: 'active',
        PacketCount: packets.stats().sent,
      }),
    );
    if (entries.length > 0) graph.update('node', nodeId, { set: { [key]: entries } });
    else graph.update('node', nodeId, { delete: [key] });
  }
}
