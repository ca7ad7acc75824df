// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { GraphEvent } from '../../graph/event.js';
import type { GraphView, ViewContext } from '../../graph/view.js';
import type { History, HistoryStatus, KindedElement } from '../history.js';

/** Driver `memory`: the present only. */
export class MemoryHistory implements History {
  #appended = 0;

  append(_event: GraphEvent): void {
    this.#appended++;
  }

  async flush(): Promise<void> {}

  async view(_context: ViewContext, signal?: AbortSignal): Promise<GraphView> {
    signal?.throwIfAborted();
    throw new SkydiveError(
      'SKY_E_NO_HISTORY',
      'Backend does not support history: set analyzer.topology.backend to a storage that keeps it, such as level',
    );
  }

  async *current(): AsyncGenerator<KindedElement> {}

  status(): HistoryStatus {
    return {
      driver: 'memory',
      appended: this.#appended,
      written: 0,
      dropped: 0,
      pending: 0,
      errors: 0,
      bytes: 0,
      windows: [],
      expired: 0,
    };
  }

  async close(): Promise<void> {}
}
