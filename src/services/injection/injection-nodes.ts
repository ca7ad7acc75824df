// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Node } from '../../graph/element.js';
import type { GraphSource } from '../../graph/view.js';
import { selectedNodes } from '../captures/capture-nodes.js';
import type { PacketInjection } from './packet-injection.js';
import type { InjectionRequest } from './request.js';
import { resolveInjection } from './resolve.js';

/** What each node that packets leave from is asked to send. */
export type Injections = ReadonlyMap<Node, InjectionRequest>;

/** The node that packets go to: the first that `Dst` selects. */
async function destinationOf({ Dst }: PacketInjection, source: GraphSource): Promise<Node | undefined> {
  return Dst === '' ? undefined : (await selectedNodes({ GremlinQuery: Dst }, source))[0];
}

/** The nodes of `Src`, one for each TID. */
async function sourcesOf({ Src }: PacketInjection, source: GraphSource): Promise<readonly Node[]> {
  const tids = new Set<unknown>();
  return (await selectedNodes({ GremlinQuery: Src }, source)).filter(({ Metadata: { TID } }) => {
    if (TID === undefined) return true;
    const fresh = !tids.has(TID);
    tids.add(TID);
    return fresh;
  });
}

/** Throws SKY_E_BAD_REQUEST when packets could not be sent now. */
export async function checkInjection(injection: PacketInjection, source: GraphSource): Promise<void> {
  const [first] = await sourcesOf(injection, source);
  if (first === undefined) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `Not able to find a source node for '${injection.Src}'`);
  }
  resolveInjection(injection, first, await destinationOf(injection, source), 0);
}

/** What is to be sent from where; nodes that show the injection are left out. Throws SKY_E_BAD_REQUEST. */
export async function injectionsOf(injection: PacketInjection, source: GraphSource): Promise<Injections> {
  const destination = await destinationOf(injection, source);
  const sources = (await sourcesOf(injection, source)).filter((node) => !shows(node, injection.UUID));
  return new Map(
    sources.map((node, place) => [node, resolveInjection(injection, node, destination, place)] as const),
  );
}

function shows({ Metadata: { PacketInjections } }: Node, id: string): boolean {
  return (
    Array.isArray(PacketInjections) &&
    PacketInjections.some((entry) => (entry as { ID?: unknown } | null)?.ID === id)
  );
}
