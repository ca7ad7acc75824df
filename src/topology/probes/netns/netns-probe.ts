// SPDX-License-Identifier: Apache-2.0

import { basename } from 'node:path';
import { messageOf, SkydiveError } from '../../../errors.js';
import type { MetadataMap, Millis, Node } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import { relation } from '../../../graph/relation.js';
import type { Logger } from '../../../log/logger.js';
import type { NetlinkProbe } from '../netlink/netlink-probe.js';
import { identityOf, type NamespaceIdentity, sameIdentity } from './namespace-file.js';
import { NamespaceFolder } from './namespace-folder.js';

export interface NetnsProbeOptions {
  readonly graph: Graph;
  readonly netlink: NetlinkProbe;
  readonly hostNodeId: string;
  readonly logger: Logger;
  /** `agent.topology.netns.run_path` */
  readonly runPath: string;
  /** Time between looks at each namespace: whether it is still what it was. */
  readonly checkMs?: Millis;
  /** Times to wait between looks at a file on which no namespace is mounted yet. */
  readonly mountDelaysMs?: readonly Millis[];
}

interface Namespace extends NamespaceIdentity {
  readonly nodeId: string;
  readonly registration: number;
  /** Every path that leads here; the first one named the node. */
  readonly paths: Set<string>;
}

/** The path went, or was registered anew, while it was waited for: nothing to complain of. */
class Overtaken extends SkydiveError {
  constructor(path: string) {
    super('SKY_E_PROBE', `the network namespace ${path} went before it was registered`);
  }
}

const defaultCheckMs = 1000;
/** Folders tell of changes themselves; this heals what they missed. */
const checksPerLook = 10;
/** A file is made before the namespace is mounted on it: 10 ms, growing, 5 s in all. */
const defaultMountDelaysMs = [10, 20, 40, 80, 160, 320, 640, 1280, 2450];

/**
 * Network namespaces as nodes below the host, with their interfaces (probes.md §5). Those in the run path are found;
 * container probes register theirs, usually `/proc/<pid>/ns/net`.
 */
export class NetnsProbe {
  readonly #options: NetnsProbeOptions;
  /** Path → what it leads to; the host's own namespace has none. */
  readonly #paths = new Map<string, Namespace | 'host'>();
  readonly #namespaces = new Set<Namespace>();
  /** Path → attempt to register it; a newer one makes the older give up. */
  readonly #attempts = new Map<string, symbol>();
  readonly #folders: NamespaceFolder[] = [];
  /** Paths that were refused, so that each is logged once. */
  readonly #refused = new Set<string>();
  #own: NamespaceIdentity | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checks = 0;

  constructor(options: NetnsProbeOptions) {
    this.#options = options;
  }

  /** Resolves when the run path is watched; what is in it is registered as it is found. */
  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    this.#own = identityOf('/proc/self/ns/net');
    this.#timer = setInterval(() => this.check(), this.#options.checkMs ?? defaultCheckMs);
    this.#timer.unref();
    await this.watch(this.#options.runPath);
  }

  /** Nodes stay as they are. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const folder of this.#folders.splice(0)) folder.stop();
    this.#attempts.clear();
    this.#paths.clear();
    this.#namespaces.clear();
  }

  /** Registers what appears in a folder, but for the excluded file names. */
  async watch(path: string, exclude: readonly string[] = []): Promise<void> {
    const folder = new NamespaceFolder({
      path,
      exclude,
      onAppear: (found) => void this.#appeared(found),
      onVanish: (lost) => this.unregister(lost),
    });
    this.#folders.push(folder);
    await folder.start();
  }

  /**
   * The node of the namespace behind a path: the host's for its own namespace, an existing one if another path leads
   * there too, else a new one called `name` (default: the file name) with `extra` metadata. Waits until a namespace
   * is mounted there. Throws SKY_E_PROBE when none is, or when it cannot be entered.
   */
  async register(path: string, name: string = basename(path), extra: MetadataMap = {}): Promise<Node> {
    const attempt = Symbol(path);
    this.#attempts.set(path, attempt);
    try {
      const identity = await this.#mounted(path, attempt);
      const present = this.#paths.get(path);
      if (present !== undefined) {
        if (this.#leadsTo(present, identity)) return this.#nodeOf(present);
        this.#release(path);
      }
      if (this.#own !== undefined && sameIdentity(identity, this.#own)) {
        this.#paths.set(path, 'host');
        return this.#nodeOf('host');
      }
      for (const namespace of this.#namespaces) {
        if (!sameIdentity(namespace, identity)) continue;
        namespace.paths.add(path);
        this.#paths.set(path, namespace);
        return this.#nodeOf(namespace);
      }
      const namespace = this.#create(path, name, identity, extra);
      this.#refused.delete(path);
      return this.#nodeOf(namespace);
    } finally {
      if (this.#attempts.get(path) === attempt) this.#attempts.delete(path);
    }
  }

  /** The last path to a namespace takes its node with it, and all that the node owns. */
  unregister(path: string): void {
    this.#attempts.delete(path);
    this.#refused.delete(path);
    this.#release(path);
  }

  /** Looks whether each path still leads where it did, and tries those again that led nowhere. */
  check(): void {
    for (const [path, present] of [...this.#paths]) {
      const identity = identityOf(path);
      if (identity === undefined) this.#release(path);
      else if (!this.#leadsTo(present, identity)) void this.#appeared(path);
    }
    for (const path of [...this.#refused]) void this.#appeared(path);
    this.#checks += 1;
    if (this.#checks % checksPerLook === 0) for (const folder of this.#folders) void folder.look();
  }

  async #appeared(path: string): Promise<void> {
    const present = this.#paths.get(path);
    if (this.#attempts.has(path)) return;
    if (present !== undefined) {
      const identity = identityOf(path);
      if (identity === undefined || this.#leadsTo(present, identity)) return;
    }
    try {
      await this.register(path);
    } catch (error) {
      if (error instanceof Overtaken || this.#refused.has(path)) return;
      this.#refused.add(path);
      this.#options.logger.warn(`netns probe: ${messageOf(error)}`);
    }
  }

  async #mounted(path: string, attempt: symbol): Promise<NamespaceIdentity> {
    // A path that was refused once is not waited for again: it is looked at by and by.
    const delaysMs = this.#refused.has(path) ? [] : (this.#options.mountDelaysMs ?? defaultMountDelaysMs);
    for (let round = 0; ; round += 1) {
      const identity = identityOf(path);
      if (this.#attempts.get(path) !== attempt) {
        throw new Overtaken(path);
      }
      if (identity !== undefined) return identity;
      const delayMs = delaysMs[round];
      if (delayMs === undefined) {
        throw new SkydiveError('SKY_E_PROBE', `${path} is no network namespace: nothing is mounted there`);
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    }
  }

  #create(path: string, name: string, identity: NamespaceIdentity, extra: MetadataMap): Namespace {
    const { graph, netlink, hostNodeId } = this.#options;
    const node = graph.addNode({
      Metadata: {
        ...extra,
        Name: name,
        Type: 'netns',
        Path: path,
        Inode: identity.inode,
        Device: identity.device,
      },
    });
    graph.addOwnership(hostNodeId, node.ID);
    try {
      const { id } = netlink.register({ path }, node.ID);
      const namespace = { ...identity, nodeId: node.ID, registration: id, paths: new Set([path]) };
      this.#namespaces.add(namespace);
      this.#paths.set(path, namespace);
      return namespace;
    } catch (error) {
      graph.deleteNode(node.ID);
      throw error;
    }
  }

  #release(path: string): void {
    const present = this.#paths.get(path);
    this.#paths.delete(path);
    if (present === undefined || present === 'host') return;
    present.paths.delete(path);
    if (present.paths.size > 0) return;
    const { graph, netlink } = this.#options;
    this.#namespaces.delete(present);
    netlink.unregister(present.registration);
    const owned = graph.children(present.nodeId, undefined, {
      kind: 'term',
      key: 'RelationType',
      value: relation.ownership,
    });
    for (const { ID } of owned) graph.deleteNode(ID);
    graph.deleteNode(present.nodeId);
  }

  #leadsTo(present: Namespace | 'host', identity: NamespaceIdentity): boolean {
    if (present === 'host') return this.#own !== undefined && sameIdentity(identity, this.#own);
    return sameIdentity(present, identity);
  }

  #nodeOf(present: Namespace | 'host'): Node {
    const id = present === 'host' ? this.#options.hostNodeId : present.nodeId;
    const node = this.#options.graph.getNode(id);
    if (node === undefined) {
      throw new SkydiveError('SKY_E_PROBE', `node ${id} of a network namespace was deleted by somebody else`);
    }
    return node;
  }
}
