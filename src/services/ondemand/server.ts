// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { Complaints } from '../../wire/complaints.js';
import type { Work } from '../../wire/inbox.js';
import type { StructMessage } from '../../wire/message.js';
import { Outgoing } from '../../wire/outgoing.js';
import type { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';
import { decodeTask, type TaskKind, type TaskMessage, type TaskResource, taskNamespace } from './message.js';

/**
 * Who does the tasks. SKY_E_GRAPH_NOT_FOUND says that there is no such node or task; anything else thrown is a
 * failure.
 */
export interface TaskRunner {
  start(nodeId: string, resource: TaskResource): Promise<void>;
  stop(nodeId: string, resourceId: string): Promise<void>;
}

export interface OnDemandServerOptions {
  readonly kind: TaskKind;
  /** The connections to the analyzers. */
  readonly pool: Pool;
  readonly runner: TaskRunner;
  readonly complaints: Complaints;
  readonly logger: Logger;
}

/** Tasks that wait to be done while connections are still read. */
const maxWaiting = 1000;
/** Failures that are remembered, so that each is logged once though it is tried again and again. */
const maxFailures = 10_000;

/** An agent's side of on-demand tasks: starts and stops what analyzers ask for, and answers. Each task in its order. */
export class OnDemandServer {
  readonly #options: OnDemandServerOptions;
  readonly #namespace: string;
  /** Node and resource → the end of what was asked last. */
  readonly #last = new Map<string, Promise<void>>();
  #stop: (() => void) | undefined;
  /** Node and resource → why it did not start. */
  readonly #failures = new Map<string, string>();

  constructor(options: OnDemandServerOptions) {
    this.#options = options;
    this.#namespace = taskNamespace(options.kind);
  }

  start(): void {
    this.#stop ??= this.#options.pool.on(this.#namespace, (speaker, message) =>
      this.#receive(speaker, message),
    );
  }

  /** Resolves when no task is being started or stopped any more. */
  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await Promise.all(this.#last.values());
  }

  /** The next message of the connection need not wait, unless too much does already. */
  #receive(speaker: Speaker, message: StructMessage): Work {
    let task: TaskMessage;
    try {
      task = decodeTask(message);
    } catch (error) {
      const text = `dropped ${this.#namespace} ${message.type} of ${speaker.name}: ${messageOf(error)}`;
      this.#options.complaints.note('malformedPayload', text);
      return;
    }
    const key = `${task.NodeID} ${task.Resource.UUID}`;
    const done = (this.#last.get(key) ?? Promise.resolve()).then(async () => {
      const status = await this.#do(message.type, task);
      if (this.#last.get(key) === done) this.#last.delete(key);
      const { uuid } = message;
      const head = { namespace: this.#namespace, type: `${message.type}Reply`, uuid, status };
      speaker.send(Outgoing.json(head, task));
    });
    this.#last.set(key, done);
    return this.#last.size > maxWaiting ? done : undefined;
  }

  async #do(type: string, { NodeID, Resource }: TaskMessage): Promise<number> {
    const { runner } = this.#options;
    const key = `${NodeID} ${Resource.UUID}`;
    try {
      if (type === 'Start') await runner.start(NodeID, Resource);
      else if (type === 'Stop') await runner.stop(NodeID, Resource.UUID);
      else return 400;
      this.#failures.delete(key);
      return 200;
    } catch (error) {
      if (error instanceof SkydiveError && error.code === 'SKY_E_GRAPH_NOT_FOUND') return 404;
      this.#failed(key, messageOf(error));
      return 500;
    }
  }

  #failed(key: string, reason: string): void {
    if (this.#failures.get(key) === reason) return;
    const oldest = this.#failures.keys().next();
    if (this.#failures.size >= maxFailures && oldest.done !== true) this.#failures.delete(oldest.value);
    this.#failures.set(key, reason);
    this.#options.logger.warn(reason);
  }
}
