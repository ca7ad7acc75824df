// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import type { Graph } from '../../graph/graph.js';
import type { Logger } from '../../log/logger.js';
import type { Election } from '../../store/kv/election.js';
import type { Clock, Timer } from '../../wire/clock.js';
import type { StructMessage } from '../../wire/message.js';
import { Outgoing } from '../../wire/outgoing.js';
import type { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';
import type { KvResourceHandler } from '../resources/kv-resource.js';
import {
  decodeTask,
  notificationNamespace,
  type TaskKind,
  type TaskResource,
  taskNamespace,
} from './message.js';
import { ShownTasks } from './shown-tasks.js';

/** Where the resources are; see KvResource. */
export interface TaskResources<R> {
  watch(handler: KvResourceHandler<R>): Promise<() => void>;
  stored(id: string): Promise<R | undefined>;
}

export interface OnDemandClientOptions<R extends TaskResource> {
  readonly kind: TaskKind;
  readonly graph: Graph;
  readonly resources: TaskResources<R>;
  /** The nodes on which a resource is to be started, those where it runs already left out. May throw. */
  readonly select: (resource: R) => Promise<readonly Node[]>;
  /** What the agent gets for a node, as `Resource`; the resource itself unless given. */
  readonly request?: (resource: R, node: Node) => TaskResource;
  /** Text of the resource that may name metadata: a change of metadata that no query names is no reason to look anew. */
  readonly queryOf: (resource: R) => string;
  /** A task that has ended is not started again, as long as its resource lasts. */
  readonly once?: boolean;
  readonly election: Pick<Election, 'isMaster' | 'on'>;
  /** The connections of the agents, and of those who are told. */
  readonly agents: Pool;
  readonly subscribers: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * `asked`: Start was sent; `started`: the node shows it; `stopping`: Stop was sent. `refused`: the agent knows of no
 * such task though the node shows it.
 */
type TaskState = 'asked' | 'started' | 'stopping' | 'refused';

interface Task {
  state: TaskState;
  readonly host: string;
}

const debounceMs = 1000;
/** Looking at everything is followed by a pause so many times as long. */
const pauseShare = 9;
/** What changes all the time: looked at anew only where a query names it. */
const quietKeys = new Set([
  ...['Captures', 'PacketInjections', 'Metric', 'LastUpdateMetric', 'SFlow'],
  ...['Ovs.Metric', 'Ovs.LastUpdateMetric'],
]);

/**
 * The analyzer's side of on-demand tasks: has agents start what resources ask for on the nodes they select, now and
 * whenever the graph changes, and stop it when the resource goes. Only the elected analyzer does; all tell their
 * subscribers.
 *
 * What runs is read off the nodes' metadata, so nothing has to be remembered over a restart: a task of a resource
 * that is gone is stopped whenever it is seen.
 */
export class OnDemandClient<R extends TaskResource> {
  readonly #options: OnDemandClientOptions<R>;
  readonly #namespace: string;
  readonly #resources = new Map<string, R>();
  readonly #shown: ShownTasks;
  /** By node, then by resource. Empty unless this analyzer is the master. */
  readonly #tasks = new Map<string, Map<string, Task>>();
  /** Resource → the reason of its last failed evaluation, logged once. */
  readonly #failures = new Map<string, string>();
  /** The resources have been read. */
  #ready = false;
  #timer: Timer | undefined;
  #evaluating: Promise<void> | undefined;
  /** Resources to be looked at; `all` when the graph has changed. */
  #due: Set<string> | 'all' = new Set();
  #pauseMs = debounceMs;
  #stopped = false;
  #stop: (() => void)[] = [];

  constructor(options: OnDemandClientOptions<R>) {
    this.#options = options;
    this.#namespace = taskNamespace(options.kind);
    this.#shown = new ShownTasks(options.kind);
  }

  get isMaster(): boolean {
    return this.#options.election.isMaster;
  }

  /** Resolves once the resources have been read. */
  async start(): Promise<void> {
    const { graph, agents, election, resources } = this.#options;
    for (const node of graph.nodes()) this.#shown.look(node);
    this.#stop = [
      graph.on((event) => this.#onEvent(event)),
      agents.on(this.#namespace, (speaker, message) => this.#onReply(speaker, message)),
      agents.onConnected(() => this.#soon()),
      agents.onDisconnected((speaker) => this.#onAgentLost(speaker)),
      election.on((state) => this.#onElection(state)),
    ];
    this.#stop.push(
      await resources.watch({
        put: (resource) => this.#onResource(resource),
        gone: (resource) => this.#onResourceGone(resource),
      }),
    );
    this.#ready = true;
    this.#now();
  }

  /** Tasks go on: agents keep what they do. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    for (const stop of this.#stop.splice(0)) stop();
    await this.#evaluating;
  }

  #onResource(resource: R): void {
    this.#resources.set(resource.UUID, resource);
    this.#notify('Added', resource);
    this.#now(resource.UUID);
  }

  #onResourceGone(resource: R): void {
    this.#resources.delete(resource.UUID);
    this.#failures.delete(resource.UUID);
    this.#notify('Deleted', resource);
    if (!this.isMaster) return;
    const nodes = new Set(this.#shown.nodesWith(resource.UUID));
    // Where the start is under way, too: the agent takes its messages in order.
    for (const [nodeId, tasks] of this.#tasks) if (tasks.has(resource.UUID)) nodes.add(nodeId);
    for (const nodeId of nodes) {
      const ended =
        this.#tasks.get(nodeId)?.get(resource.UUID)?.state === 'started' &&
        this.#shown.state(nodeId, resource.UUID) === undefined;
      if (ended) this.#forget(nodeId, resource.UUID);
      else this.#sendStop(nodeId, resource);
    }
  }

  #onElection(state: 'master' | 'slave'): void {
    this.#tasks.clear();
    this.#due = new Set();
    if (state === 'master') this.#now();
  }

  #onEvent(event: GraphEvent): void {
    switch (event.type) {
      case 'nodeAdded':
      case 'nodeUpdated': {
        const changed = this.#shown.look(event.node);
        if (changed) this.#onShown(event.node.ID);
        if (changed || event.type === 'nodeAdded' || this.#matters(event)) this.#soon();
        break;
      }
      case 'nodeDeleted':
        this.#shown.forget(event.node.ID);
        this.#onNodeGone(event.node.ID);
        break;
      case 'edgeAdded':
        this.#soon();
        break;
    }
  }

  /** Whether a change of metadata can change what is selected. */
  #matters({ ops }: Extract<GraphEvent, { type: 'nodeUpdated' }>): boolean {
    if (ops === undefined) return true;
    const keys = new Set(ops.map(({ key }) => (quietKeys.has(key) ? key : key.split('.', 1)[0]!)));
    for (const key of keys) {
      if (!quietKeys.has(key)) return true;
      for (const resource of this.#resources.values()) {
        if (this.#options.queryOf(resource).includes(key)) return true;
      }
    }
    return false;
  }

  /** What a node shows has changed: tasks have started, or ended by themselves. */
  #onShown(nodeId: string): void {
    const tasks = this.#tasks.get(nodeId);
    for (const [id, task] of tasks ?? []) {
      const state = this.#shown.state(nodeId, id);
      if (task.state === 'asked' && state !== undefined) {
        task.state = 'started';
        if (state === 'active') this.#notify('NodeUpdated', this.#resources.get(id));
      } else if (task.state !== 'asked' && state === undefined && this.#options.once !== true) {
        this.#forget(nodeId, id);
      }
    }
  }

  #onNodeGone(nodeId: string): void {
    const tasks = this.#tasks.get(nodeId);
    this.#tasks.delete(nodeId);
    for (const id of tasks?.keys() ?? []) this.#notify('NodeUpdated', this.#resources.get(id));
  }

  /** Nobody answers any more; what had started is on the nodes. */
  #onAgentLost(speaker: Speaker): void {
    for (const [nodeId, tasks] of [...this.#tasks]) {
      for (const [id, task] of [...tasks]) {
        const done = task.state === 'started' || this.#options.once === true;
        if (task.host === speaker.peer.host && !done) this.#forget(nodeId, id);
      }
    }
  }

  #onReply(speaker: Speaker, message: StructMessage): void {
    if (message.type !== 'StartReply' && message.type !== 'StopReply') return;
    let task: ReturnType<typeof decodeTask>;
    try {
      task = decodeTask(message);
    } catch (error) {
      this.#options.logger.warn(
        `dropped ${this.#namespace} ${message.type} of ${speaker.name}: ${messageOf(error)}`,
      );
      return;
    }
    const { NodeID, Resource } = task;
    const known = this.#tasks.get(NodeID)?.get(Resource.UUID);
    if (message.type === 'StopReply') {
      if (known === undefined) return;
      const shown = this.#shown.state(NodeID, Resource.UUID) !== undefined;
      if (message.status === 404 && shown) known.state = 'refused';
      else this.#forget(NodeID, Resource.UUID);
      return;
    }
    if (message.status !== 200 && known?.state === 'asked') this.#forget(NodeID, Resource.UUID);
    this.#notify('NodeUpdated', this.#resources.get(Resource.UUID) ?? Resource);
  }

  #forget(nodeId: string, id: string): void {
    const tasks = this.#tasks.get(nodeId);
    tasks?.delete(id);
    if (tasks?.size === 0) this.#tasks.delete(nodeId);
  }

  /** Everything is looked at again, a while after the first of several reasons. */
  #soon(): void {
    if (this.#timer !== undefined || this.#stopped || !this.#ready || !this.isMaster) return;
    this.#timer = this.#options.clock.after(this.#pauseMs, () => {
      this.#timer = undefined;
      this.#now();
    });
  }

  /** Looks at a resource, or at all of them, as soon as what is looked at is done. */
  #now(id?: string): void {
    if (this.#stopped || !this.#ready || !this.isMaster) return;
    if (id === undefined) this.#due = 'all';
    else if (this.#due !== 'all') this.#due.add(id);
    this.#work();
  }

  #work(): void {
    if (this.#evaluating !== undefined || this.#stopped || !this.isMaster) return;
    if (this.#due !== 'all' && this.#due.size === 0) return;
    this.#evaluating = this.#evaluateDue().finally(() => {
      this.#evaluating = undefined;
      this.#work();
    });
  }

  async #evaluateDue(): Promise<void> {
    const { clock } = this.#options;
    while (this.#due === 'all' || this.#due.size > 0) {
      const all = this.#due === 'all';
      const ids = this.#due === 'all' ? [...this.#resources.keys()] : [...this.#due];
      this.#due = new Set();
      const startedMs = clock.now();
      for (const id of ids) {
        const resource = this.#resources.get(id);
        if (resource !== undefined) await this.#evaluate(resource);
        if (this.#stopped || !this.isMaster) return;
      }
      if (!all) continue;
      await this.#sweep();
      // A large graph that changes all the time is not to keep the analyzer busy with this.
      this.#pauseMs = Math.max(debounceMs, pauseShare * (clock.now() - startedMs));
    }
  }

  async #evaluate(resource: R): Promise<void> {
    try {
      const nodes = await this.#options.select(resource);
      this.#failures.delete(resource.UUID);
      if (!this.#resources.has(resource.UUID) || this.#stopped || !this.isMaster) return;
      for (const node of nodes) this.#sendStart(resource, node);
    } catch (error) {
      this.#failed(resource, messageOf(error));
    }
  }

  #failed(resource: R, reason: string): void {
    if (this.#failures.get(resource.UUID) === reason) return;
    this.#failures.set(resource.UUID, reason);
    const { kind, logger } = this.#options;
    logger.warn(`${kind} ${resource.UUID} cannot be started: ${reason}`);
  }

  /** Stops the tasks of resources that went while nobody was there to see it. */
  async #sweep(): Promise<void> {
    for (const id of this.#shown.ids()) {
      if (this.#resources.has(id)) continue;
      try {
        // Another analyzer may have made it a moment ago.
        if ((await this.#options.resources.stored(id)) !== undefined) continue;
      } catch (error) {
        this.#options.logger.warn(`whether ${id} is still wanted is not known: ${messageOf(error)}`);
        return;
      }
      if (this.#stopped || !this.isMaster) return;
      for (const nodeId of this.#shown.nodesWith(id)) {
        const state = this.#tasks.get(nodeId)?.get(id)?.state;
        if (state !== 'stopping' && state !== 'refused') this.#sendStop(nodeId, { UUID: id });
      }
    }
  }

  #sendStart(resource: R, node: Node): void {
    const tasks = this.#tasks.get(node.ID);
    if (tasks?.has(resource.UUID)) return;
    const Resource = this.#options.request?.(resource, node) ?? resource;
    this.#send('Start', node, Resource, 'asked');
  }

  #sendStop(nodeId: string, resource: TaskResource): void {
    const node = this.#options.graph.getNode(nodeId);
    if (node !== undefined) this.#send('Stop', node, resource, 'stopping');
  }

  /** An agent that is not connected here gets it once it is, or from another analyzer. */
  #send(type: 'Start' | 'Stop', node: Node, Resource: TaskResource, state: TaskState): void {
    const speaker = this.#options.agents.speaker(node.Host);
    const message = Outgoing.json({ namespace: this.#namespace, type }, { NodeID: node.ID, Resource });
    if (speaker?.send(message) !== true) return;
    const tasks = this.#tasks.get(node.ID) ?? new Map<string, Task>();
    this.#tasks.set(node.ID, tasks.set(Resource.UUID, { state, host: node.Host }));
  }

  #notify(type: 'Added' | 'Deleted' | 'NodeUpdated', resource: TaskResource | undefined): void {
    const { subscribers, kind } = this.#options;
    if (resource === undefined || subscribers.speakers.size === 0) return;
    subscribers.broadcast(Outgoing.json({ namespace: notificationNamespace(kind), type }, resource));
  }
}
