// SPDX-License-Identifier: Apache-2.0

import type { Kind } from '../../gremlin/current.js';
import type { Frame, Place } from './place.js';

/** Whose fields a parameter speaks of. */
export type Subject = 'nodes' | 'edges' | 'flows';

/** What belongs at the place of a parameter. */
export type Role =
  /** The name of a field. `base`: a query for the elements; `order`: ASC and DESC may stand here. */
  | { readonly kind: 'key'; readonly subject: Subject; readonly base: string; readonly order?: true }
  /** A value of the field, or (at the top) a predicate over it. */
  | {
      readonly kind: 'value';
      readonly subject: Subject;
      readonly base: string;
      readonly key: string;
      readonly predicates: boolean;
    }
  | { readonly kind: 'metric' }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'anything' };

/** `pairs`: a key, a value, a key… `keys`: keys. `pairs` name the elements that they are conditions on. */
type Shape =
  | 'keys'
  | 'order'
  | 'metric'
  | 'metadata'
  | 'free'
  | { readonly pairs: 'same' | 'reached' | Subject };

const same: Shape = { pairs: 'same' };
const reached: Shape = { pairs: 'reached' };
const edges: Shape = { pairs: 'edges' };

/** What each step takes. A test holds that every step of the language is here. */
export const shapes: Readonly<Record<string, Shape>> = {
  G: 'free',
  V: 'free',
  E: 'free',
  Context: 'free',
  Has: same,
  HasKey: 'keys',
  HasNot: 'keys',
  HasEither: same,
  In: reached,
  Out: reached,
  Both: reached,
  InE: reached,
  OutE: reached,
  BothE: reached,
  InV: reached,
  OutV: reached,
  BothV: reached,
  Range: 'free',
  Limit: 'free',
  Count: 'free',
  Values: 'keys',
  ValueMap: 'keys',
  Keys: 'free',
  Sum: 'keys',
  Sort: 'order',
  Dedup: 'keys',
  As: 'free',
  Select: 'free',
  ShortestPathTo: 'metadata',
  SubGraph: edges,
  Descendants: edges,
  Ascendants: edges,
  Neighbors: edges,
  Explain: 'free',
  Flows: { pairs: 'flows' },
  Hops: reached,
  Nodes: reached,
  Metrics: 'metric',
  Aggregates: 'free',
  RawPackets: 'free',
  BPF: 'free',
  Sockets: 'free',
  Group: 'free',
  MoreThan: 'free',
  NextHop: 'free',
  Workflow: 'free',
};

const anything: Role = { kind: 'anything' };

function subjectOf(kind: Kind | undefined): Subject | undefined {
  if (kind === 'V') return 'nodes';
  if (kind === 'E') return 'edges';
  return kind === 'Flows' ? 'flows' : undefined;
}

/** All elements of a kind. */
export const everything: Readonly<Record<Subject, string>> = { nodes: 'G.V()', edges: 'G.E()', flows: '' };

/** Edges are what `…E` reaches, nodes what all others do. */
function reachedBy(step: string): Subject {
  return step.endsWith('E') ? 'edges' : 'nodes';
}

function elements(
  shape: Shape,
  step: string,
  after: Kind | undefined,
  query: string,
): { subject: Subject; base: string } | undefined {
  const followed = subjectOf(after);
  if (shape === 'keys' || shape === 'order' || (typeof shape === 'object' && shape.pairs === 'same'))
    return followed && { subject: followed, base: query };
  if (typeof shape !== 'object' || shape.pairs === 'same') return undefined;
  if (shape.pairs !== 'reached') return { subject: shape.pairs, base: everything[shape.pairs] };
  const subject = reachedBy(step);
  // Flows are too many to go through for a completion.
  return { subject, base: followed === 'flows' ? everything[subject] : `${query}.${step}()` };
}

function keyAt(frame: Frame, index: number): string | undefined {
  const param = frame.params[index];
  return param?.kind === 'string' ? param.text : undefined;
}

/** What belongs where the cursor is. */
export function roleOf({ frames, after, query }: Place & { kind: 'parameter' }): Role {
  const [step, predicate] = frames;
  const shape = shapes[step?.name ?? ''];
  if (step === undefined || shape === undefined || shape === 'free' || frames.length > 2) return anything;
  if (shape === 'metadata') {
    if (predicate === undefined) return { kind: 'metadata' };
    // The first Metadata speaks of the node to get to, the second of the edges on the way.
    const subject = step.params.length > 1 ? 'edges' : 'nodes';
    return pair(predicate, subject, everything[subject], false);
  }
  if (shape === 'metric') return predicate === undefined ? { kind: 'metric' } : anything;
  const found = elements(shape, step.name, after, query);
  if (found === undefined) return anything;
  const { subject, base } = found;
  if (shape === 'keys') return predicate === undefined ? { kind: 'key', subject, base } : anything;
  if (shape === 'order') return { kind: 'key', subject, base, order: true };
  if (predicate === undefined) return pair(step, subject, base, true);
  // The predicate itself is the last parameter of the step, its key the one before.
  const key = step.params.length % 2 === 0 ? keyAt(step, step.params.length - 2) : undefined;
  return key === undefined ? anything : { kind: 'value', subject, base, key, predicates: false };
}

function pair(frame: Frame, subject: Subject, base: string, predicates: boolean): Role {
  const { length } = frame.params;
  if (length % 2 === 0) return { kind: 'key', subject, base };
  const key = keyAt(frame, length - 1);
  return key === undefined ? anything : { kind: 'value', subject, base, key, predicates };
}
