// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import type { Flow, FlowMetric, RawPacket } from '../../flow/flow.js';
import type { Millis } from '../../graph/element.js';
import type { Logger } from '../../log/logger.js';
import { addon } from '../../native/addon.js';
import type {
  NativeCancelToken,
  NativeFlowAnswer,
  NativeFlowStoreInstance,
  NativeFlowStoreStatus,
} from '../../native/flow-store.js';
import { prepareFolder } from '../level/database.js';
import type { Retention } from '../level/retention.js';

export interface FlowSegmentsOptions {
  /** Made when missing; this process has it alone. */
  readonly folder: string;
  /** The configuration key of the folder, for errors. */
  readonly configKey: string;
  readonly retention: Retention;
  readonly logger: Logger;
  /** Flows, metric records or packets that one answer may have. */
  readonly maxItems?: number;
  /** For tests: how many flows a window holds. */
  readonly windowFlows?: number;
}

/** Both ends included. */
export interface Times {
  readonly from: Millis;
  readonly to: Millis;
}

/** A text field of flows: the different texts, and for each flow which of them it has (2³² − 1: none). */
export interface FlowTexts {
  readonly texts: readonly string[];
  readonly places: Uint32Array;
}

/** Beyond it an answer would not fit into the memory of the process, each being an object. */
const defaultMaxItems = 500_000;
/** The same for columns, which take four bytes a flow. */
const maxPlaces = 50_000_000;
const complainEveryMs = 1000;
const sliceMs = 4;

/** Flows of the past in files of this host: a log for what comes, segment files of columns for what came. */
export class FlowSegments {
  readonly native: NativeFlowStoreInstance;
  readonly #options: FlowSegmentsOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #maxItems: number;
  #lost = 0;

  private constructor(options: FlowSegmentsOptions, native: NativeFlowStoreInstance) {
    this.#options = options;
    this.native = native;
    this.#maxItems = options.maxItems ?? defaultMaxItems;
    this.#timer = setInterval(() => this.#complain(), complainEveryMs).unref();
  }

  /** Opens the folder and reads what a crash left. Throws SKY_E_STORE naming folder, key and remedy. */
  static async open(options: FlowSegmentsOptions): Promise<FlowSegments> {
    const { folder, configKey, retention, windowFlows } = options;
    await prepareFolder(folder, configKey);
    const finite = (value: number | undefined) =>
      value === undefined || value === Number.POSITIVE_INFINITY ? 0 : value;
    const native = new (addon().FlowStore)({
      folder,
      maxAgeMs: finite(retention.maxAgeMs),
      maxBytes: finite(retention.maxSizeBytes),
      ...(windowFlows === undefined ? {} : { windowFlows }),
    });
    try {
      await native.open();
    } catch (error) {
      throw new SkydiveError(
        'SKY_E_STORE',
        `cannot open the flows in ${folder} (${configKey}): ${messageOf(error)}; check who else uses the folder, its permissions and free space, or set ${configKey} to another one`,
        { cause: error },
      );
    }
    const segments = new FlowSegments(options, native);
    segments.#complain();
    return segments;
  }

  /** The flows with Start ≤ `to` and Last ≥ `from` that a serialized `SearchQuery` asks for. */
  async search(query: Uint8Array, times: Times, signal?: AbortSignal): Promise<readonly Flow[]> {
    const flows: Flow[] = [];
    const ask = (token: ReturnType<NativeFlowStoreInstance['token']>) =>
      this.native.search(query, times.from, times.to, this.#maxItems, token);
    await this.#read(ask, signal, (part) => void flows.push(...(part as Flow[])));
    return flows;
  }

  /** How many flows `search` would give, be they too many for it. */
  count(query: Uint8Array, times: Times, signal?: AbortSignal): Promise<number> {
    return this.#asked(signal, (token) => this.native.count(query, times.from, times.to, token));
  }

  /** The sum of an integer field of the flows that `search` would give; the UUID of one that lacks it, if one does. */
  sum(field: string, query: Uint8Array, times: Times, signal?: AbortSignal): Promise<number | string> {
    return this.#asked(signal, (token) => this.native.sum(field, query, times.from, times.to, token));
  }

  /** Text fields of the flows that `search` would give, in their order. */
  async columns(
    fields: readonly string[],
    query: Uint8Array,
    times: Times,
    signal?: AbortSignal,
  ): Promise<readonly FlowTexts[]> {
    const columns = await this.#asked(signal, (token) =>
      this.native.columns(fields, query, times.from, times.to, maxPlaces, token),
    );
    if ((columns[0]?.places.length ?? 0) > maxPlaces) throw tooMany(maxPlaces);
    const pauses = new Pauses();
    const read: FlowTexts[] = [];
    for (const { texts, places } of columns) {
      const all: string[] = [];
      for (const part of texts) {
        await pauses.due(signal);
        for (const text of JSON.parse(String(part)) as string[]) all.push(text);
      }
      read.push({ texts: all, places });
    }
    return read;
  }

  /** Metric records with Start ≥ `from` and Last ≤ `to` of the flows that pass the query's filter. */
  metrics(
    query: Uint8Array,
    times: Times,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly FlowMetric[]>> {
    return this.#items<FlowMetric>('metrics', query, times, signal);
  }

  /** Packets with a timestamp within the times of the flows that pass the query's filter. */
  packets(
    query: Uint8Array,
    times: Times,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly RawPacket[]>> {
    return this.#items<RawPacket>('packets', query, times, signal);
  }

  status(): NativeFlowStoreStatus {
    return this.native.status();
  }

  /** Forces to the disk what came, and lets go of the folder. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.native.close();
    this.#complain();
  }

  async #items<T>(
    what: 'metrics' | 'packets',
    query: Uint8Array,
    times: Times,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, readonly T[]>> {
    const byFlow = new Map<string, T[]>();
    const ask = (token: ReturnType<NativeFlowStoreInstance['token']>) =>
      this.native.items(what, query, times.from, times.to, this.#maxItems, token);
    await this.#read(ask, signal, (part) => {
      for (const [uuid, items] of part as [string, T[]][]) {
        const known = byFlow.get(uuid);
        if (known === undefined) byFlow.set(uuid, items);
        else known.push(...items);
      }
    });
    return byFlow;
  }

  /** Reads an answer part by part, letting others run in between. */
  async #read(
    ask: (token: NativeCancelToken) => Promise<NativeFlowAnswer>,
    signal: AbortSignal | undefined,
    take: (part: unknown[]) => void,
  ): Promise<void> {
    const { count, handle } = await this.#asked(signal, ask);
    if (count > this.#maxItems) throw tooMany(this.#maxItems);
    const pauses = new Pauses();
    for (let from = 0; from < count; ) {
      signal?.throwIfAborted();
      const { next, texts } = await this.native.read(handle, from);
      from = next;
      for (const text of texts) {
        await pauses.due(signal);
        take(JSON.parse(String(text)) as unknown[]);
      }
    }
    signal?.throwIfAborted();
  }

  /** Asks the store something that ends early when whoever asked is gone. */
  async #asked<T>(
    signal: AbortSignal | undefined,
    ask: (token: NativeCancelToken) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const token = this.native.token();
    const cancel = () => this.native.cancel(token);
    signal?.addEventListener('abort', cancel);
    try {
      const answer = await ask(token).catch((error: unknown) => {
        throw new SkydiveError('SKY_E_GREMLIN_EXEC', `flows of the past: ${messageOf(error)}`, {
          cause: error,
        });
      });
      signal?.throwIfAborted();
      return answer;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** What went wrong, at most once a second. */
  #complain(): void {
    const { logger, folder, configKey } = this.#options;
    for (const line of this.native.complaints()) logger.error(`flows in ${folder} (${configKey}): ${line}`);
    const { lost, lastError } = this.native.status();
    if (lost > this.#lost) {
      const why = lastError === undefined ? '' : `: ${lastError}`;
      logger.error(`${lost - this.#lost} flow updates could not be stored in ${folder}${why}`);
    }
    this.#lost = lost;
  }
}

function tooMany(most: number): SkydiveError {
  return new SkydiveError(
    'SKY_E_GREMLIN_BUDGET',
    `more than ${most} flows, records or packets of the past: narrow the query, for example with Limit() or a shorter time`,
  );
}

/** Lets others run every few milliseconds. */
class Pauses {
  #end = performance.now() + sliceMs;

  async due(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() < this.#end) return;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.#end = performance.now() + sliceMs;
  }
}
