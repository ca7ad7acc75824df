// SPDX-License-Identifier: Apache-2.0

/** A source of topology. Both calls may be repeated. */
export interface Probe {
  /** Throws (or rejects) when it cannot run here, saying why. */
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
  /** Overrides `running`: a probe that waits for its daemon says so. */
  status?(): ProbeStatus;
}

/** As `/api/status` shows it. */
export interface ProbeStatus {
  readonly Status: 'starting' | 'running' | 'stopping' | 'stopped';
  /** Why it does not run. */
  readonly Reason?: string;
}

/** Makes a probe; called when it is to be started, so that a probe nobody wants is never loaded. */
export type ProbeFactory = () => Probe | Promise<Probe>;
