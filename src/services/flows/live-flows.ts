// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import { flowsOf } from '../../flow/flow-set.js';
import { encodeSearchQuery } from '../../flow/search-query.js';
import { decodeTableReply, encodeTableQuery, flowNamespace, tableQueryType } from '../../flow/table-query.js';
import { GremlinError } from '../../gremlin/error.js';
import type { Flow, FlowQuery, FlowSource, FlowStorage } from '../../gremlin/flow-source.js';
import { arrange } from '../../gremlin/flows/arrange.js';
import { compileFlowFilter } from '../../gremlin/flows/match.js';
import { searchQueryOf } from '../../gremlin/flows/search-query.js';
import { hasWireForm, superset } from '../../gremlin/flows/superset.js';
import { Scheduler } from '../../gremlin/scheduler.js';
import type { Complaints } from '../../wire/complaints.js';
import { Outgoing } from '../../wire/outgoing.js';
import type { Pool } from '../../wire/pool.js';
import type { Speaker } from '../../wire/speaker.js';

export interface LiveFlowsOptions {
  /** The connections of the agents. */
  readonly agents: Pool;
  readonly complaints: Complaints;
  /** Until an agent counts as one without flows; the original's 10 s unless given. */
  readonly timeoutMs?: number;
  /** How many flows a search may give, `analyzer.gremlin.max_rows`; without end when absent. */
  readonly maxFlows?: number | undefined;
  /** Flows of the past, where they are kept. */
  readonly storage?: FlowStorage;
}

/** Agents that are asked before the first of them has been read: their answers wait in memory. */
const maxAsked = 64;

/** The flows in the tables of the agents, asked for when a query wants them. */
export class LiveFlows implements FlowSource {
  readonly #options: LiveFlowsOptions;
  readonly storage?: FlowStorage;

  constructor(options: LiveFlowsOptions) {
    this.#options = options;
    if (options.storage !== undefined) this.storage = options.storage;
  }

  async search(query: FlowQuery, signal?: AbortSignal): Promise<readonly (readonly Flow[])[]> {
    const scheduler = new Scheduler({ signal });
    scheduler.check();
    const { filter } = query;
    // What only this process can decide is decided here; until then nothing may be cut off.
    const inexact = filter !== undefined && !hasWireForm(filter);
    const asked = inexact ? widened(query) : query;
    const agents = this.#agents(query);
    const replies: (Promise<Buffer[]> | undefined)[] = [];
    const tables: (readonly Flow[])[] = [];
    let room = this.#options.maxFlows ?? Number.POSITIVE_INFINITY;
    // Many are asked at once, their answers read one after the other: several at a time would hold the event loop.
    for (let at = 0; at < agents.length; at++) {
      while (replies.length < Math.min(agents.length, at + maxAsked))
        replies.push(this.#ask(agents[replies.length]!, asked));
      const sets = await orAborted(replies[at]!, signal);
      replies[at] = undefined;
      scheduler.resumed();
      for (const set of sets) {
        const flows = await this.#read(set, room, scheduler);
        room -= flows.length;
        if (!inexact) tables.push(flows);
        else tables.push(await arrange(flows.filter(compileFlowFilter(filter)), query, scheduler));
      }
    }
    return tables;
  }

  /** Those that may have such flows. */
  #agents({ nodes }: FlowQuery): Speaker[] {
    const { agents } = this.#options;
    if (nodes === undefined) return [...agents.speakers].filter(({ peer }) => peer.clientType === 'agent');
    return [...nodes.keys()].map((host) => agents.speaker(host)).filter((speaker) => speaker !== undefined);
  }

  /** The serialized FlowSets of an agent's tables; none when it does not answer. */
  async #ask(agent: Speaker, query: FlowQuery): Promise<Buffer[]> {
    const search = searchQueryOf(query, agent.peer.host);
    const head = { namespace: flowNamespace, type: tableQueryType };
    const bytes = encodeTableQuery(encodeSearchQuery(search));
    const message = Outgoing.protobuf(head, bytes, () => ({ Type: 'SearchQuery', query: search }));
    try {
      const { payload } = await agent.request(message, this.#options.timeoutMs);
      return decodeTableReply(payload.bytes());
    } catch (error) {
      this.#options.complaints.note('unanswered', `no flows of ${agent.name}: ${messageOf(error)}`);
      return [];
    }
  }

  /** What is malformed ends a set, with the flows before it kept. */
  async #read(set: Buffer, most: number, scheduler: Scheduler): Promise<Flow[]> {
    const flows: Flow[] = [];
    const reading = flowsOf(set);
    for (;;) {
      try {
        const { done, value } = reading.next();
        if (done === true) return flows;
        flows.push(value);
      } catch (error) {
        this.#options.complaints.note('malformedPayload', messageOf(error));
        return flows;
      }
      if (flows.length > most) throw tooMany(this.#options.maxFlows!);
      if ((flows.length & 63) === 0 && scheduler.due()) await scheduler.pause();
    }
  }
}

function tooMany(maxFlows: number): GremlinError {
  return new GremlinError(
    'X-BUDGET',
    `there are more than ${maxFlows} flows (analyzer.gremlin.max_rows): narrow the query, for example with Has or Limit`,
  );
}

/** The same, as far as agents can decide it: without order, dedup and limit. */
function widened({ filter, nodes, uuids }: FlowQuery): FlowQuery {
  return {
    ...(filter !== undefined && { filter: superset(filter) }),
    ...(nodes !== undefined && { nodes }),
    ...(uuids !== undefined && { uuids }),
  };
}

/** Does not wait for an agent when whoever asked is gone. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) {
      aborted();
      return;
    }
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
