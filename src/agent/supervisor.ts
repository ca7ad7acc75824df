// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '../log/logger.js';

export interface SupervisedProgram {
  /** What the log calls it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** User and group to run as; this process's own when absent. */
  readonly uid?: number;
  readonly gid?: number;
}

export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A program that ran that long is taken as healthy: the next delay is the first one again. */
  readonly healthyMs: number;
}

const defaultBackOff: BackOff = { firstMs: 250, maxMs: 30_000, healthyMs: 60_000 };

/**
 * Keeps one child process running: a child that dies is started again after a growing delay, and the log says so.
 * The child has an IPC channel: it sends `ready` when it serves, and notices by `disconnect` that we are gone.
 */
export class Supervisor {
  readonly #program: SupervisedProgram;
  readonly #logger: Logger;
  readonly #backOff: BackOff;
  readonly #onReady: () => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs: number;
  #stopping = false;
  #restarts = 0;

  constructor(
    program: SupervisedProgram,
    logger: Logger,
    onReady: () => void,
    backOff: BackOff = defaultBackOff,
  ) {
    this.#program = program;
    this.#logger = logger;
    this.#onReady = onReady;
    this.#backOff = backOff;
    this.#delayMs = backOff.firstMs;
  }

  /** How often the program had to be started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Process id of the running child. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { name, command, args, env, uid, gid } = this.#program;
    const startedAt = performance.now();
    const identity = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    const child = spawn(command, [...args], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      ...identity,
    });
    this.#child = child;
    let ended = false;
    const onEnd = (why: string) => {
      if (ended) return;
      ended = true;
      this.#child = undefined;
      if (this.#stopping) return;
      if (performance.now() - startedAt >= this.#backOff.healthyMs) this.#delayMs = this.#backOff.firstMs;
      this.#logger.error(`the ${name} ended (${why}), starting it again in ${this.#delayMs} ms`);
      this.#timer = setTimeout(() => {
        this.#restarts += 1;
        this.start();
      }, this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, this.#backOff.maxMs);
    };
    child.on('error', (error) => onEnd(error.message));
    child.on('exit', (code, signal) => onEnd(signal ?? `exit status ${code}`));
    child.on('message', (message) => {
      if (message === 'ready') this.#onReady();
    });
  }

  /** Asks the child to end (SIGTERM), kills it after `graceMs`, and resolves when it is gone. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill('SIGTERM');
    const killer = setTimeout(() => {
      this.#logger.error(`the ${this.#program.name} did not end within ${graceMs} ms and is killed`);
      child.kill('SIGKILL');
    }, graceMs);
    await gone;
    clearTimeout(killer);
  }
}
