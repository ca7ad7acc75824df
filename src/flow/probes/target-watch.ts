// SPDX-License-Identifier: Apache-2.0

import type { NativeCaptureTargetStats } from '../../native/capture-target.js';
import type { FlowProbeContext } from './probe.js';

/** Says when a capture's target cannot be reached, and when it can again; once each. */
export class TargetWatch {
  readonly #context: Pick<FlowProbeContext, 'capture' | 'node' | 'logger'>;
  #failed = 0;
  #lost = 0;
  #troubled = false;

  constructor(context: Pick<FlowProbeContext, 'capture' | 'node' | 'logger'>) {
    this.#context = context;
  }

  /** Looks at the totals. */
  look({ sent, failed, dropped, error }: NativeCaptureTargetStats): void {
    const { capture, node, logger } = this.#context;
    const lost = failed + dropped;
    const what = `${capture.TargetType} target ${capture.Target} of capture ${capture.UUID} on ${node.name || node.id}`;
    if (lost > this.#lost && !this.#troubled) {
      this.#troubled = true;
      const why = failed > this.#failed ? (error ?? 'refused') : 'more than the network takes';
      logger.warn(`${what}: ${lost - this.#lost} of ${sent + lost} datagrams did not go out: ${why}`);
    } else if (lost === this.#lost && this.#troubled) {
      this.#troubled = false;
      logger.info(`${what}: no more losses, ${lost} datagrams did not go out in all`);
    }
    this.#lost = lost;
    this.#failed = failed;
  }
}
