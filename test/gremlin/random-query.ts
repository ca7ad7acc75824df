// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataMap, Node } from '../../src/graph/element.js';
import type { Model, Param, Step } from './naive.js';

/** Gives the next of a row of random numbers, below a bound; 0 when they are used up. */
export type Draw = (below: number) => number;

export function drawFrom(numbers: readonly number[]): Draw {
  let at = 0;
  return (below) => (at < numbers.length ? numbers[at++]! % below : 0);
}

const t0 = 1_600_000_000_000;
const names = ['a', 'ab', 'b', 'ba', '10', '2'];
const types = ['host', 'veth', 'bridge'];
const relations = ['ownership', 'layer2'];

function pick<T>(draw: Draw, list: readonly T[]): T {
  return list[draw(list.length)]!;
}

function metadata(draw: Draw): MetadataMap {
  const made: { [key: string]: MetadataMap[string] } = { Name: pick(draw, names), Type: pick(draw, types) };
  if (draw(2) === 0) made['MTU'] = pick(draw, [1400, 1500, 9000, '1500', 1500.7, null, true]);
  if (draw(3) === 0) made['Tags'] = pick(draw, [['a', 'b'], [], [10, 2], ['a', 10], [['a'], 'b']]);
  if (draw(3) === 0)
    made['Cfg'] = pick<MetadataMap[string]>(draw, [
      { Mode: 'a' },
      { Mode: 10 },
      {},
      'a',
      [{ Mode: 'a' }, { Mode: 2 }],
    ]);
  return made;
}

/** A graph of at most eight nodes: few values, so that they meet, and loops, parallel and circular edges. */
export function randomModel(draw: Draw): Model {
  const nodes: Node[] = [];
  for (let i = draw(8) + 1; i > 0; i--) {
    nodes.push({
      ID: `n${nodes.length}`,
      Metadata: metadata(draw),
      Host: pick(draw, ['h1', 'h2']),
      Origin: 'agent.h1',
      // Equal times are common, so that IDs decide.
      CreatedAt: t0 + draw(4),
      UpdatedAt: t0 + 10,
      DeletedAt: null,
      Revision: draw(3) + 1,
    });
  }
  const edges: Edge[] = [];
  for (let i = draw(12); i > 0; i--) {
    const relation = pick(draw, relations);
    edges.push({
      ID: `e${edges.length}`,
      Metadata: {
        RelationType: relation,
        ...(draw(3) === 0 ? { MTU: pick(draw, [1500, null, '1500']) } : {}),
      },
      Host: 'h1',
      Origin: 'agent.h1',
      CreatedAt: t0 + draw(4),
      UpdatedAt: t0 + 10,
      DeletedAt: null,
      Revision: 1,
      Parent: pick(draw, nodes).ID,
      Child: pick(draw, nodes).ID,
    });
  }
  return { nodes, edges };
}

/** A graph of many nodes with their creation and IDs out of order, few edges, and names of all kinds. */
export function largeModel(seed: number, count: number): Model {
  let state = seed;
  // Numerical Recipes' linear congruential generator; its high bits are good enough here.
  const draw: Draw = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const nodes: Node[] = Array.from({ length: count }, (_, i) => ({
    ID: `n${(i * 7919) % count}`,
    Metadata: { ...metadata(draw), ...(draw(3) > 0 ? { Name: `name${draw(count)}` } : {}) },
    Host: pick(draw, ['h1', 'h2']),
    Origin: 'agent.h1',
    CreatedAt: t0 + draw(50),
    UpdatedAt: t0 + 100,
    DeletedAt: null,
    Revision: draw(3) + 1,
  }));
  const edges: Edge[] = Array.from({ length: 300 }, (_, i) => ({
    ID: `e${i}`,
    Metadata: { RelationType: pick(draw, relations) },
    Host: 'h1',
    Origin: 'agent.h1',
    CreatedAt: t0 + draw(4),
    UpdatedAt: t0 + 10,
    DeletedAt: null,
    Revision: 1,
    Parent: pick(draw, nodes).ID,
    Child: pick(draw, nodes).ID,
  }));
  return { nodes, edges };
}

/** The revisions of a slice: a random graph whose nodes changed up to three times, and some edges once. */
export function randomSlice(draw: Draw): Model {
  const { nodes, edges } = randomModel(draw);
  const revised = <T extends Node>(element: T, most: number): T[] =>
    Array.from({ length: 1 + draw(most) }, (_, i) => ({
      ...element,
      Revision: i + 1,
      UpdatedAt: element.CreatedAt + i * (1 + draw(3)) * 3,
      Metadata: i === 0 ? element.Metadata : { ...element.Metadata, ...metadata(draw) },
    }));
  const relation = ({ Metadata, ...edge }: Edge): Edge => ({
    ...edge,
    Metadata: { RelationType: Metadata['RelationType']! },
  });
  return {
    nodes: nodes.flatMap((node) => revised(node, 3)),
    edges: edges.flatMap((edge) => revised(edge, 2)).map(relation),
    slice: true,
  };
}

const nodeKeys = [
  'Name',
  'Type',
  'MTU',
  'Tags',
  'Cfg',
  'Cfg.Mode',
  'Nope',
  '@ID',
  '@Host',
  '@CreatedAt',
  '@Revision',
  'Metadata.Name',
];
const edgeKeys = ['RelationType', 'MTU', 'Parent', 'Child', 'Nope', '@ID'];

function literal(draw: Draw): string | number | boolean {
  return pick<string | number | boolean>(draw, [
    'a',
    'ab',
    '10',
    '1500',
    'veth',
    'ownership',
    'n0',
    'h1',
    10,
    2,
    1500,
    1400.9,
    0,
    t0 + 1,
    true,
    false,
  ]);
}

const patterns = ['a.*', '[ab]+', '.', 'a|b', '(a|10)', '', '\\d+', 'veth'];

function integerLike(draw: Draw): Param {
  return pick<Param>(draw, [0, 1, 2, 10, 1400, 1500, '1500', true, 1400.9, t0 + 1]);
}

function value(draw: Draw): Param {
  switch (draw(12)) {
    case 0:
      return { predicate: pick(draw, ['NE', 'NEE']), params: [literal(draw)] };
    case 1:
      return { predicate: pick(draw, ['LT', 'LTE', 'GT', 'GTE']), params: [integerLike(draw)] };
    case 2:
      return { predicate: pick(draw, ['Inside', 'Between']), params: [integerLike(draw), integerLike(draw)] };
    case 3:
      return {
        predicate: pick(draw, ['Within', 'Without']),
        params: Array.from({ length: draw(3) }, () => literal(draw)),
      };
    case 4:
      return { predicate: 'Regex', params: [pick(draw, patterns)] };
    default:
      return literal(draw);
  }
}

function pairs(draw: Draw, keys: readonly string[], count: number): Param[] {
  return Array.from({ length: count }, () => [pick(draw, keys), value(draw)]).flat();
}

/** Nothing, one key, or pairs. */
function conditions(draw: Draw, keys: readonly string[], least: number): Param[] {
  const kind = draw(4);
  if (kind === 0 && least === 0) return [];
  if (kind === 1) return [pick(draw, keys)];
  return pairs(draw, keys, kind === 2 ? 1 : 2);
}

function page(draw: Draw): Step {
  if (draw(2) === 0) return { name: 'Limit', params: [draw(6)] };
  return { name: 'Range', params: [draw(4), draw(7)] };
}

function lineage(draw: Draw): Param[] {
  const depth = draw(5) === 0 ? [] : [draw(4)];
  return [...(draw(2) === 0 ? [] : pairs(draw, ['RelationType'], 1 + draw(2))), ...depth];
}

type Kind = 'Graph' | 'V' | 'E' | 'Value' | 'End';

function stepBehindNodes(draw: Draw, named: Set<string>): readonly [Step, Kind] {
  const nodes = (name: string, params: Param[]): readonly [Step, Kind] => [{ name, params }, 'V'];
  switch (draw(22)) {
    case 0:
      return nodes('Has', conditions(draw, nodeKeys, 1));
    case 1:
      return nodes('HasEither', conditions(draw, nodeKeys, 1));
    case 2:
      return nodes(pick(draw, ['HasKey', 'HasNot']), [pick(draw, nodeKeys)]);
    case 3:
    case 4:
    case 5:
      return nodes(pick(draw, ['In', 'Out', 'Both']), conditions(draw, nodeKeys, 0));
    case 6:
      return [{ name: pick(draw, ['InE', 'OutE', 'BothE']), params: conditions(draw, edgeKeys, 0) }, 'E'];
    case 7:
    case 8:
      return nodes(
        'Dedup',
        draw(2) === 0 ? [] : [pick(draw, nodeKeys), ...(draw(2) === 0 ? [pick(draw, nodeKeys)] : [])],
      );
    case 9:
      return [page(draw), 'V'];
    case 10: {
      const key = pick(draw, nodeKeys);
      const order: Param[] = draw(3) === 0 ? [] : [{ word: pick(draw, ['ASC', 'DESC'] as const) }, key];
      return nodes('Sort', order.length === 0 && draw(2) === 0 ? [key] : order);
    }
    case 11: {
      const name = pick(draw, ['x', 'y']);
      named.add(name);
      return nodes('As', [name]);
    }
    case 12:
      return nodes('Select', named.size === 0 ? ['x'] : [...named]);
    case 13:
      return nodes(pick(draw, ['Descendants', 'Ascendants', 'Neighbors']), lineage(draw));
    case 14:
      return [{ name: 'SubGraph', params: draw(2) === 0 ? [] : pairs(draw, edgeKeys, 1) }, 'Graph'];
    case 15:
      return [{ name: 'G', params: [] }, 'Graph'];
    case 16:
      return [{ name: 'Count', params: [] }, 'End'];
    case 17:
      return [{ name: 'Values', params: [pick(draw, nodeKeys)] }, 'Value'];
    case 18:
      return [{ name: 'ValueMap', params: [pick(draw, nodeKeys), pick(draw, nodeKeys)] }, 'Value'];
    case 19:
      return [{ name: 'Sum', params: [pick(draw, ['MTU', 'Nope', 'Name', '@Revision'])] }, 'End'];
    default:
      return nodes('Dedup', []);
  }
}

function stepBehindEdges(draw: Draw): readonly [Step, Kind] {
  switch (draw(9)) {
    case 0:
      return [{ name: 'Has', params: conditions(draw, edgeKeys, 1) }, 'E'];
    case 1:
      return [{ name: 'HasEither', params: conditions(draw, edgeKeys, 1) }, 'E'];
    case 2:
      return [
        { name: pick(draw, ['HasKey', 'HasNot']), params: [pick(draw, ['RelationType', 'MTU', 'Nope'])] },
        'E',
      ];
    case 3:
      return [{ name: 'Dedup', params: draw(2) === 0 ? [] : [pick(draw, ['RelationType', 'MTU'])] }, 'E'];
    case 4:
      return [page(draw), 'E'];
    case 5:
      return [{ name: 'Count', params: [] }, 'End'];
    case 6:
      return [{ name: 'SubGraph', params: [] }, 'Graph'];
    default:
      return [{ name: pick(draw, ['InV', 'OutV', 'BothV']), params: conditions(draw, nodeKeys, 0) }, 'V'];
  }
}

/** A query of at most eight steps that is well formed; it may still be refused when run. */
export function randomQuery(draw: Draw): readonly Step[] {
  const steps: Step[] = [];
  const named = new Set<string>();
  let kind: Kind = 'Graph';
  for (let i = draw(8) + 1; i > 0 && kind !== 'End'; i--) {
    let next: readonly [Step, Kind];
    if (kind === 'Graph') {
      const name: 'V' | 'E' = draw(5) === 0 ? 'E' : 'V';
      const params = draw(5) === 0 ? [`${name === 'V' ? 'n' : 'e'}${draw(4)}`] : [];
      next = [{ name, params }, name];
    } else if (kind === 'V') next = stepBehindNodes(draw, named);
    else if (kind === 'E') next = stepBehindEdges(draw);
    else next = [{ name: 'Dedup', params: [] }, 'End'];
    const [step, gives]: readonly [Step, Kind] = next;
    steps.push(step);
    kind = gives;
  }
  return steps;
}
