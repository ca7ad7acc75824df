// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../../errors.js';
import type { MetadataMap, Millis } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import type { Logger } from '../../../log/logger.js';
import { addon } from '../../../native/addon.js';
import type { NetlinkCounters, NetlinkMonitor, NetlinkReport } from '../../../native/netlink-monitor.js';
import { InterfaceLinks } from './interface-links.js';
import { NamespaceInterfaces } from './namespace-interfaces.js';
import { OvsNodes } from './ovs-nodes.js';
import { Sriov } from './sriov.js';

/** A network namespace: that of a path such as `/run/netns/x`, of a process, or else of this process. */
export type NamespaceReference =
  | { readonly path: string; readonly pid?: never }
  | { readonly pid: number; readonly path?: never }
  | { readonly path?: never; readonly pid?: never };

function pathOf(namespace: NamespaceReference): string | undefined {
  return namespace.pid === undefined ? namespace.path : `/proc/${namespace.pid}/ns/net`;
}

export interface NetlinkProbeOptions {
  readonly graph: Graph;
  readonly logger: Logger;
  /** Period of the interface metrics. */
  readonly metricsUpdateMs: number;
  /** Period in which features and what the kernel changes silently are read again. */
  readonly refreshMs?: number;
  readonly now?: () => Millis;
  /** Calls back every so many milliseconds until the result is called. */
  readonly every?: (periodMs: number, callback: () => void) => () => void;
  /** Receive buffer of each namespace's socket. */
  readonly receiveBytes?: number;
  readonly sysfs?: string;
}

/** A namespace that is followed. */
export interface Registration {
  /** Number of the namespace within this probe. */
  readonly id: number;
  /** Identity of the namespace: device and inode of its file. */
  readonly device: number;
  readonly inode: number;
  /** Resolves when everything that was there is in the graph; rejects when it was unregistered before. */
  readonly synced: Promise<void>;
}

interface Registered {
  readonly interfaces: NamespaceInterfaces;
  readonly ownerId: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const defaultRefreshMs = 5000;

function everyPeriod(periodMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Follows the interfaces of any number of network namespaces and keeps them in the graph (probes.md §4). */
export class NetlinkProbe {
  readonly #options: NetlinkProbeOptions;
  readonly #registered = new Map<number, Registered>();
  readonly #featureMaps = new Map<string, MetadataMap>();
  readonly #stops: (() => void)[] = [];
  #monitor: NetlinkMonitor | undefined;
  #featureNames: readonly string[] = [];
  #links: InterfaceLinks | undefined;
  #sriov: Sriov | undefined;
  #ovs: OvsNodes | undefined;
  #root: number | undefined;
  #failure: string | undefined;

  constructor(options: NetlinkProbeOptions) {
    this.#options = options;
  }

  /** Throws SKY_E_PROBE when the kernel has no netlink for us. */
  start(): void {
    if (this.#monitor !== undefined) return;
    const {
      graph,
      metricsUpdateMs,
      refreshMs = defaultRefreshMs,
      every = everyPeriod,
      sysfs,
    } = this.#options;
    try {
      this.#monitor = new (addon().NetlinkMonitor)((batch) => this.#onBatch(batch));
    } catch (error) {
      throw new SkydiveError('SKY_E_PROBE', `the netlink probe cannot start: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#featureNames = this.#monitor.featureNames();
    this.#links = new InterfaceLinks(graph);
    this.#sriov = new Sriov(graph, sysfs);
    this.#ovs = new OvsNodes(graph);
    const ovs = this.#ovs;
    this.#stops.push(
      () => ovs.close(),
      every(refreshMs, () => this.refresh()),
    );
    if (metricsUpdateMs > 0) this.#stops.push(every(metricsUpdateMs, () => this.sample()));
  }

  /** Nodes stay as they are. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#monitor?.close();
    this.#monitor = undefined;
    for (const id of [...this.#registered.keys()]) this.#forget(id);
    this.#root = undefined;
  }

  /**
   * Follows a namespace; its interfaces become children of the node `ownerId`. Throws SKY_E_PROBE when it cannot be
   * opened or entered.
   */
  register(namespace: NamespaceReference, ownerId: string): Registration {
    const monitor = this.#running();
    const { graph, now = Date.now, receiveBytes } = this.#options;
    const path = pathOf(namespace);
    let added: { id: number; device: number; inode: number };
    try {
      added = monitor.add({
        ...(path !== undefined && { path }),
        ...(receiveBytes !== undefined && { receiveBytes }),
      });
    } catch (error) {
      throw new SkydiveError(
        'SKY_E_PROBE',
        `cannot follow the network namespace ${path ?? 'of this process'}: ${messageOf(error)}`,
        { cause: error },
      );
    }
    if (path === undefined) this.#root ??= added.id;
    const interfaces = new NamespaceInterfaces(added.id, ownerId, {
      graph,
      now,
      links: this.#links!,
      sriov: this.#sriov!,
      ovs: this.#ovs!,
      features: (digits) => this.#featuresOf(digits),
      namespaceName: (id) => this.#namespaceName(id),
      rootNamespace: () => this.#root,
    });
    const synced = new Promise<void>((resolve, reject) => {
      this.#registered.set(added.id, { interfaces, ownerId, resolve, reject });
    });
    // Whoever does not wait for it need not handle its failure.
    synced.catch(() => undefined);
    return { ...added, synced };
  }

  /** Stops following a namespace and deletes the nodes of its interfaces. False when it was not followed. */
  unregister(id: number): boolean {
    const registered = this.#registered.get(id);
    if (registered === undefined) return false;
    this.#monitor?.remove(id);
    if (this.#root === id) this.#root = undefined;
    registered.interfaces.clear();
    this.#forget(id);
    return true;
  }

  /** Reads everything again. */
  refresh(): void {
    for (const [id, { interfaces }] of this.#registered) {
      this.#monitor?.refresh(id);
      interfaces.renamePeers();
    }
  }

  /** Ends a metrics period. */
  sample(): void {
    for (const [id, { interfaces }] of this.#registered) {
      interfaces.tick();
      this.#monitor?.sample(id);
    }
  }

  counters(): NetlinkCounters {
    return this.#running().counters();
  }

  /** Why nothing is followed any more, undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** For tests: lets the kernel's messages wait (and overflow). */
  pause(pause: boolean): void {
    this.#running().pause(pause);
  }

  #running(): NetlinkMonitor {
    if (this.#monitor === undefined) {
      throw new SkydiveError('SKY_E_PROBE', 'the netlink probe does not run: start it first');
    }
    return this.#monitor;
  }

  #forget(id: number): void {
    const registered = this.#registered.get(id);
    this.#registered.delete(id);
    registered?.reject(
      new SkydiveError('SKY_E_PROBE', `network namespace ${id} is not followed any more: register it again`),
    );
  }

  #onBatch(batch: string): void {
    for (const report of JSON.parse(batch) as NetlinkReport[]) {
      try {
        this.#onReport(report);
      } catch (error) {
        // One interface that cannot be kept must not cost the others.
        this.#options.logger.error(
          `netlink probe: ${messageOf(error)} (${JSON.stringify(report).slice(0, 200)})`,
        );
      }
    }
    this.#monitor?.acknowledge();
  }

  #onReport(report: NetlinkReport): void {
    if ('failed' in report) {
      this.#failure = report.failed;
      this.#options.logger.error(`netlink probe: it ended, interfaces are not followed: ${report.failed}`);
      return;
    }
    const registered = this.#registered.get(report.namespace);
    if (registered === undefined) return;
    if ('synced' in report) {
      registered.interfaces.synced();
      registered.resolve();
    } else {
      registered.interfaces.apply(report);
    }
  }

  #namespaceName(id: number): string {
    const ownerId = this.#registered.get(id)?.ownerId;
    const owner = ownerId === undefined ? undefined : this.#options.graph.getNode(ownerId);
    const name = owner?.Metadata['Type'] === 'netns' ? owner.Metadata['Name'] : undefined;
    return typeof name === 'string' ? name : '';
  }

  #featuresOf(digits: string): MetadataMap {
    let features = this.#featureMaps.get(digits);
    if (features === undefined) {
      features = Object.freeze(
        Object.fromEntries(this.#featureNames.map((name, at) => [name, digits[at] === '1'])),
      );
      this.#featureMaps.set(digits, features);
    }
    return features;
  }
}
