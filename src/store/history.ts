// SPDX-License-Identifier: Apache-2.0

import type { Edge, Millis, Node } from '../graph/element.js';
import type { GraphEvent } from '../graph/event.js';
import type { GraphView, ViewContext } from '../graph/view.js';

/** An element with the key space that it lives in. */
export type KindedElement =
  | { readonly kind: 'node'; readonly element: Node }
  | { readonly kind: 'edge'; readonly element: Edge };

/** What a history shows of itself in `/api/status`. Sizes in bytes, times in ms since 1970. */
export interface HistoryStatus {
  readonly driver: string;
  /** Events taken, and revisions written of them (several changes of an element may become one). */
  readonly appended: number;
  readonly written: number;
  /** Intermediate revisions lost because the buffer was full; the last state of an element never is. */
  readonly dropped: number;
  /** Events waiting to be written. */
  readonly pending: number;
  /** Failed writes, and the text of the last failure while it lasts. */
  readonly errors: number;
  readonly lastError?: string;
  readonly lastWrite?: Millis;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly windows: readonly WindowStatus[];
  /** Windows removed by age or size since the start. */
  readonly expired: number;
}

export interface WindowStatus {
  readonly start: Millis;
  /** Absent on the window that is being written. */
  readonly end?: Millis;
  readonly bytes: number;
}

/**
 * Every revision of the graph. The writer hands over events; readers get views of an instant or of a slice.
 * Implementations run the suite of `history.contract.ts`.
 */
export interface History {
  /** Takes an event; cheap, never throws, never waits. Written within 200 ms. */
  append(event: GraphEvent): void;
  /** Resolves when everything appended so far would survive kill -9. Rejects with SKY_E_STORE when it cannot be written now; it stays queued. */
  flush(): Promise<void>;
  /** What was at an instant, or every revision of a slice. Throws SKY_E_NO_HISTORY where none is kept; an aborted signal rejects with its reason. */
  view(context: ViewContext, signal?: AbortSignal): Promise<GraphView>;
  /** Elements that were open when the store was last written, nodes before edges, those that this analyzer itself had made excepted. To be read once, at the start. */
  current(): AsyncIterable<KindedElement>;
  status(): HistoryStatus;
  /** Writes what is pending and lets go of the folder. Views may still be released afterwards, not read. */
  close(): Promise<void>;
}
