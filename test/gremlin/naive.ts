// SPDX-License-Identifier: Apache-2.0

// The language once more, as plainly as possible: arrays of elements, one function a step, no index, no plan, no
// handles. It shares nothing with src/gremlin but the types of elements, so that both have to be wrong in the same way
// to agree on a wrong answer.

import type { Edge, Element, MetadataValue, Node } from '../../src/graph/element.js';

export type Param =
  | string
  | number
  | boolean
  | { readonly word: 'ASC' | 'DESC' }
  | { readonly predicate: string; readonly params: readonly Param[] };

export interface Step {
  readonly name: string;
  readonly params: readonly Param[];
}

/** The text of a query that starts with G. */
export function textOf(steps: readonly Step[]): string {
  return [
    'G',
    ...steps.map(({ name, params }) => (name === 'G' ? 'G' : `${name}(${params.map(paramText).join(',')})`)),
  ].join('.');
}

function paramText(param: Param): string {
  if (typeof param === 'string') return `"${param}"`;
  if (typeof param !== 'object') return String(param);
  if ('word' in param) return param.word;
  return `${param.predicate}(${param.params.map(paramText).join(',')})`;
}

export interface Model {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  /** Several revisions of an ID may be there, in the order in which they came into being. */
  readonly slice?: true;
}

/** Thrown where the language refuses. */
export class Refused extends Error {}

export type Answer =
  | { readonly type: 'Graph'; readonly model: Model; readonly whole: Model }
  | { readonly type: 'V'; readonly nodes: readonly Node[]; readonly model: Model }
  | { readonly type: 'E'; readonly edges: readonly Edge[]; readonly model: Model }
  | { readonly type: 'Paths'; readonly paths: readonly (readonly Node[])[]; readonly model: Model }
  | { readonly type: 'Value'; readonly value: unknown };

type Value = MetadataValue | undefined;

// Fields

function fieldOf(element: Element, key: string): Value {
  if (key.startsWith('@')) {
    const own: { [key: string]: Value } = {
      '@ID': element.ID,
      '@Host': element.Host,
      '@Origin': element.Origin,
      '@CreatedAt': element.CreatedAt,
      '@UpdatedAt': element.UpdatedAt,
      '@Revision': element.Revision,
    };
    return own[key];
  }
  const path = key.replace(/^Metadata\./, '').split('.');
  return walk(element.Metadata, path);
}

function walk(value: Value, path: readonly string[]): Value {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) {
    const items = value as readonly MetadataValue[];
    return items
      .filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
      .map((item) => walk(item, path))
      .filter((item) => item !== undefined) as MetadataValue[];
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return walk((value as { readonly [key: string]: MetadataValue })[head], rest);
}

function integer(value: Value): number | undefined {
  if (typeof value === 'number') return value < 0 ? Math.ceil(value) + 0 : Math.floor(value);
  if (value === true) return 1;
  if (value === false || value === null) return 0;
  // The generator only writes plain decimal numbers.
  if (typeof value === 'string' && /^[1-9][0-9]*$/.test(value)) return Number(value);
  return undefined;
}

function retrieved(element: Element, key: string): Value {
  const value = fieldOf(element, key);
  if (key === '@ID' || key === '@Host' || key === '@Origin') return value;
  return integer(value) ?? value;
}

// Conditions

type Test = (element: Element, isEdge: boolean) => boolean;

/** Some value of the field passes: the field itself, or, of a node, an item of a list. */
function some(element: Element, isEdge: boolean, key: string, passes: (value: Value) => boolean): boolean {
  const ends = isEdge && (key === 'Parent' || key === 'Child') ? (element as Edge)[key] : undefined;
  const value = ends ?? fieldOf(element, key);
  if (value === undefined) return false;
  if (Array.isArray(value))
    return !isEdge && value.some((item: MetadataValue) => !Array.isArray(item) && passes(item));
  return passes(value);
}

function exists(element: Element, key: string): boolean {
  return fieldOf(element, key) !== undefined;
}

function equal(key: string, param: Param): Test {
  return (element, isEdge) => {
    if (typeof param === 'number') {
      // The ends of edges are texts only.
      if (isEdge && (key === 'Parent' || key === 'Child')) return false;
      return some(element, isEdge, key, (value) => integer(value) === integer(param));
    }
    return some(element, isEdge, key, (value) => value === param);
  };
}

function member(key: string, param: Param): Test {
  return typeof param === 'boolean' ? equal(key, param ? 1 : 0) : equal(key, param);
}

function compared(key: string, param: Param, holds: (a: number, b: number) => boolean): Test {
  const bound = integer(param as Value)!;
  return (element, isEdge) =>
    !(isEdge && (key === 'Parent' || key === 'Child')) &&
    some(element, isEdge, key, (value) => {
      const number = integer(value);
      return number !== undefined && holds(number, bound);
    });
}

function condition(key: string, param: Param): Test {
  if (typeof param !== 'object' || 'word' in param) return equal(key, param);
  const [a, b] = param.params as [Param, Param];
  switch (param.predicate) {
    case 'NE': {
      const same = typeof a === 'boolean' ? equal(key, !a) : equal(key, a);
      return (element, isEdge) =>
        exists(element, key) && (typeof a === 'boolean' ? same(element, isEdge) : !same(element, isEdge));
    }
    case 'NEE': {
      const same = typeof a === 'boolean' ? equal(key, !a) : equal(key, a);
      return (element, isEdge) => (typeof a === 'boolean' ? same(element, isEdge) : !same(element, isEdge));
    }
    case 'LT':
      return compared(key, a, (x, y) => x < y);
    case 'LTE':
      return compared(key, a, (x, y) => x <= y);
    case 'GT':
      return compared(key, a, (x, y) => x > y);
    case 'GTE':
      return compared(key, a, (x, y) => x >= y);
    case 'Inside': {
      const low = compared(key, a, (x, y) => x > y);
      const high = compared(key, b, (x, y) => x < y);
      return (element, isEdge) => low(element, isEdge) && high(element, isEdge);
    }
    case 'Between': {
      const low = compared(key, a, (x, y) => x >= y);
      const high = compared(key, b, (x, y) => x < y);
      return (element, isEdge) => low(element, isEdge) && high(element, isEdge);
    }
    case 'Within': {
      const any = param.params.map((one) => member(key, one));
      return (element, isEdge) => any.length === 0 || any.some((test) => test(element, isEdge));
    }
    case 'Without': {
      const any = param.params.map((one) => member(key, one));
      return (element, isEdge) => !any.some((test) => test(element, isEdge));
    }
    case 'Regex': {
      // Patterns of the generator mean the same in both dialects.
      const pattern = new RegExp(`^${String(a)}$`);
      return (element, isEdge) =>
        some(element, isEdge, key, (value) => typeof value === 'string' && pattern.test(value));
    }
    default:
      throw new Error(`no predicate ${param.predicate}`);
  }
}

function conditions(params: readonly Param[], either: boolean): Test {
  if (params.length === 0) return () => true;
  if (params.length === 1) return (element) => exists(element, String(params[0]));
  const tests: Test[] = [];
  for (let i = 0; i < params.length; i += 2) tests.push(condition(String(params[i]), params[i + 1]!));
  return (element, isEdge) =>
    either ? tests.some((test) => test(element, isEdge)) : tests.every((test) => test(element, isEdge));
}

// Order

/** In the order in which the language enumerates. */
export function enumerated<T extends Element>(elements: readonly T[], slice = false): T[] {
  const at = (element: T): number => (slice ? element.UpdatedAt : element.CreatedAt);
  return [...elements].sort(
    (a, b) => at(a) - at(b) || (a.ID < b.ID ? -1 : a.ID > b.ID ? 1 : 0) || a.Revision - b.Revision,
  );
}

function sortRank(value: Value): readonly [class_: number, number: number, text: string] {
  if (value === undefined) return [0, 0, ''];
  const number = integer(value);
  if (number !== undefined) return [0, number, ''];
  return [1, 0, typeof value === 'string' ? value : ''];
}

function sorted(nodes: readonly Node[], key: string, descending: boolean): Node[] {
  return [...nodes].sort((a, b) => {
    const [classA, numberA, textA] = sortRank(retrieved(a, key));
    const [classB, numberB, textB] = sortRank(retrieved(b, key));
    const order = classA - classB || numberA - numberB || (textA < textB ? -1 : textA > textB ? 1 : 0);
    return (
      (descending ? -order : order) || (a.ID < b.ID ? -1 : a.ID > b.ID ? 1 : 0) || a.Revision - b.Revision
    );
  });
}

// Moving

function nodeOf(model: Model, id: string): Node {
  const found = model.nodes.find(({ ID }) => ID === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

/** Every revision of a node. */
function nodesOf(model: Model, id: string): Node[] {
  return model.nodes.filter(({ ID }) => ID === id).sort((a, b) => a.Revision - b.Revision);
}

function edgesAt(model: Model, node: Node, direction: string): Edge[] {
  return enumerated(
    model.edges.filter(({ Parent, Child }) => {
      if (direction === 'Out') return Parent === node.ID;
      return direction === 'In' ? Child === node.ID : Parent === node.ID || Child === node.ID;
    }),
    model.slice,
  );
}

function neighbours(model: Model, node: Node, direction: string): Node[] {
  return edgesAt(model, node, direction).flatMap(({ Parent, Child }) => {
    if (direction === 'Out') return nodesOf(model, Child);
    if (direction === 'In') return nodesOf(model, Parent);
    return nodesOf(model, Parent === node.ID ? Child : Parent);
  });
}

function lineage(params: readonly Param[]): { test: Test; depth: number } {
  const odd = params.length % 2 === 1;
  const pairs = odd ? params.slice(0, -1) : params;
  const test = pairs.length === 0 ? equal('RelationType', 'ownership') : conditions(pairs, true);
  return { test, depth: odd ? Number(params.at(-1)) : 1 };
}

function descend(
  model: Model,
  start: readonly Node[],
  params: readonly Param[],
  direction: 'Out' | 'In',
): Node[] {
  const { test, depth } = lineage(params);
  const found: Node[] = [];
  const gone = new Set<string>();
  const batch = (nodes: readonly Node[], at: number): void => {
    for (const node of nodes) if (!found.includes(node)) found.push(node);
    if (depth > 0 && at >= depth) return;
    for (const node of nodes) {
      // Without a limit nothing new is found in a node for the second time.
      if (depth <= 0 && gone.has(node.ID)) continue;
      gone.add(node.ID);
      const next = edgesAt(model, node, direction)
        .filter((edge) => test(edge, true))
        .map(({ Parent, Child }) => nodeOf(model, direction === 'Out' ? Child : Parent));
      batch(next, at + 1);
    }
  };
  batch(start, 0);
  return found;
}

function around(model: Model, start: readonly Node[], params: readonly Param[]): Node[] {
  const { test, depth } = lineage(params);
  const found = new Set(start);
  for (let level = 0; level < depth; level++) {
    for (const node of [...found]) {
      for (const edge of edgesAt(model, node, 'Both')) {
        if (!test(edge, true)) continue;
        found.add(nodeOf(model, edge.Parent));
        found.add(nodeOf(model, edge.Child));
      }
    }
  }
  return enumerated([...found]);
}

/** Steps from a node to the nearest target, breadth first. */
export function distance(
  model: Model,
  from: Node,
  isTarget: (node: Node) => boolean,
  passes: (edge: Edge) => boolean,
): number | undefined {
  let level: Node[] = [from];
  const seen = new Set(level);
  for (let steps = 0; level.length > 0; steps++) {
    if (level.some(isTarget)) return steps;
    const next: Node[] = [];
    for (const node of level) {
      for (const edge of edgesAt(model, node, 'Both').filter(passes)) {
        for (const other of [nodeOf(model, edge.Parent), nodeOf(model, edge.Child)]) {
          if (seen.has(other)) continue;
          seen.add(other);
          next.push(other);
        }
      }
    }
    level = next;
  }
  return undefined;
}

function subgraph(nodes: readonly Node[], edges: readonly Edge[]): Model {
  return { nodes: [...new Set(nodes)], edges: [...new Set(edges)] };
}

// Steps

interface Page {
  readonly from: number;
  readonly to: number;
}

function pageOf({ name, params }: Step): Page {
  return name === 'Limit'
    ? { from: 0, to: Number(params[0]) }
    : { from: Number(params[0]), to: Number(params[1]) };
}

function paged<T>(list: readonly T[], page: Page | undefined): T[] {
  return list.filter((_, i) => page === undefined || (i >= page.from && i < page.to));
}

const moves = ['In', 'Out', 'Both', 'InE', 'OutE', 'BothE', 'InV', 'OutV', 'BothV'];

function listOrNull(list: readonly unknown[]): unknown {
  return list.length === 0 ? null : list;
}

/** The path lengths are left open: any shortest path will do. */
export interface PathsWanted {
  readonly from: Node;
  readonly nodes: number;
}

/** Evaluates a query. Throws Refused where the language does. */
export function evaluate(model: Model, steps: readonly Step[]): Answer {
  let current: Answer = { type: 'Graph', model, whole: model };
  const named = new Map<string, readonly Node[]>();
  for (let i = 0; i < steps.length; ) {
    const step = steps[i++]!;
    // V, E and the movements take in one Has and one Range or Limit.
    let has: Step | undefined;
    let page: Page | undefined;
    const isSource = step.name === 'V' || step.name === 'E';
    if (isSource || moves.includes(step.name)) {
      for (; i < steps.length; i++) {
        const next = steps[i]!;
        const enough = next.params.length >= (isSource ? 2 : 0);
        if (next.name === 'Has' && has === undefined && step.params.length === 0 && enough) has = next;
        else if ((next.name === 'Range' || next.name === 'Limit') && page === undefined) page = pageOf(next);
        else break;
      }
    }
    const params = has?.params ?? step.params;
    current = apply(current, step, params, has !== undefined, page, named);
  }
  return current;
}

function apply(
  current: Answer,
  step: Step,
  params: readonly Param[],
  isFilter: boolean,
  page: Page | undefined,
  named: Map<string, readonly Node[]>,
): Answer {
  const { name } = step;
  if (current.type === 'Graph') {
    const { model } = current;
    if (name !== 'V' && name !== 'E') throw new Error(`no ${name} behind a graph`);
    const all: readonly Element[] = enumerated<Element>(
      name === 'V' ? model.nodes : model.edges,
      model.slice,
    );
    let found = all;
    if (isFilter) {
      const test = conditions(params, false);
      found = all.filter((element) => test(element, name === 'E'));
    } else if (params.length === 1) {
      // Of several revisions the oldest.
      found = all
        .filter(({ ID }) => ID === params[0])
        .sort((a, b) => a.Revision - b.Revision)
        .slice(0, 1);
      if (found.length === 0) throw new Refused('no such ID');
    }
    const list = paged(found, page);
    return name === 'V'
      ? { type: 'V', nodes: list as Node[], model }
      : { type: 'E', edges: list as Edge[], model };
  }
  if (current.type === 'Value') return applyToValue(current.value, step);
  if (current.type === 'Paths') return applyToPaths(current, step);
  return current.type === 'V'
    ? applyToNodes(current.nodes, current.model, step, params, page, named)
    : applyToEdges(current.edges, current.model, step, params, page);
}

function applyToValue(value: unknown, { name }: Step): Answer {
  if (name !== 'Dedup') throw new Error(`no ${name} behind a value`);
  if (!Array.isArray(value)) return { type: 'Value', value };
  const texts = value.map((item) => JSON.stringify(item));
  return { type: 'Value', value: value.filter((_, i) => texts.indexOf(texts[i]!) === i) };
}

function applyToPaths({ paths, model }: Extract<Answer, { type: 'Paths' }>, { name }: Step): Answer {
  if (name === 'SubGraph') {
    const nodes = paths.flat();
    const edges = model.edges.filter((edge) =>
      [edge.Parent, edge.Child].every((id) => nodes.some(({ ID }) => ID === id)),
    );
    const made = subgraph(nodes, edges);
    return { type: 'Graph', model: made, whole: model };
  }
  throw new Error(`no ${name} behind paths`);
}

function distinctBy<T extends Element>(elements: readonly T[], keys: readonly string[]): T[] {
  const kept: T[] = [];
  const seen = new Set<string>();
  for (const element of elements) {
    const values = keys.length === 0 ? [element.ID] : keys.map((key) => retrieved(element, key));
    const text = JSON.stringify(values.map((value) => (value === undefined ? [] : [value])));
    const none = values.every((value) => value === undefined);
    if (none || !seen.has(text)) kept.push(element);
    if (!none) seen.add(text);
  }
  return kept;
}

function applyToEdges(
  edges: readonly Edge[],
  model: Model,
  { name, params: own }: Step,
  params: readonly Param[],
  page: Page | undefined,
): Answer {
  const asEdges = (list: readonly Edge[]): Answer => ({ type: 'E', edges: list, model });
  switch (name) {
    case 'InV':
    case 'OutV':
    case 'BothV': {
      const test = conditions(params, false);
      const ends = edges.flatMap(({ Parent, Child }) => {
        if (name === 'InV') return nodesOf(model, Parent);
        return name === 'OutV'
          ? nodesOf(model, Child)
          : [...nodesOf(model, Parent), ...nodesOf(model, Child)];
      });
      return {
        type: 'V',
        nodes: paged(
          ends.filter((node) => test(node, false)),
          page,
        ),
        model,
      };
    }
    case 'Has':
    case 'HasEither': {
      const test = conditions(own, name === 'HasEither');
      return asEdges(edges.filter((edge) => test(edge, true)));
    }
    case 'HasKey':
      return asEdges(edges.filter((edge) => exists(edge, String(own[0]))));
    case 'HasNot':
      return asEdges(edges.filter((edge) => !exists(edge, String(own[0]))));
    case 'Dedup':
      return asEdges(distinctBy(edges, own.map(String)));
    case 'Limit':
    case 'Range':
      return asEdges(paged(edges, pageOf({ name, params: own })));
    case 'Count':
      return { type: 'Value', value: edges.length };
    case 'SubGraph': {
      const made = subgraph(
        edges.flatMap(({ Parent, Child }) => [nodeOf(model, Parent), nodeOf(model, Child)]),
        edges,
      );
      return { type: 'Graph', model: made, whole: model };
    }
    case 'G':
      return { type: 'Graph', model, whole: model };
    default:
      throw new Error(`no ${name} behind edges`);
  }
}

function applyToNodes(
  nodes: readonly Node[],
  model: Model,
  { name, params: own }: Step,
  params: readonly Param[],
  page: Page | undefined,
  named: Map<string, readonly Node[]>,
): Answer {
  const asNodes = (list: readonly Node[]): Answer => ({ type: 'V', nodes: list, model });
  switch (name) {
    case 'In':
    case 'Out':
    case 'Both': {
      const test = conditions(params, false);
      const reached = nodes.flatMap((node) => neighbours(model, node, name));
      return asNodes(
        paged(
          reached.filter((node) => test(node, false)),
          page,
        ),
      );
    }
    case 'InE':
    case 'OutE':
    case 'BothE': {
      const test = conditions(params, false);
      const reached = nodes.flatMap((node) => edgesAt(model, node, name.slice(0, -1)));
      return {
        type: 'E',
        edges: paged(
          reached.filter((edge) => test(edge, true)),
          page,
        ),
        model,
      };
    }
    case 'Has':
    case 'HasEither': {
      const test = conditions(own, name === 'HasEither');
      return asNodes(nodes.filter((node) => test(node, false)));
    }
    case 'HasKey':
      return asNodes(nodes.filter((node) => exists(node, String(own[0]))));
    case 'HasNot':
      return asNodes(nodes.filter((node) => !exists(node, String(own[0]))));
    case 'Dedup':
      return asNodes(distinctBy(nodes, own.map(String)));
    case 'Limit':
    case 'Range':
      return asNodes(paged(nodes, pageOf({ name, params: own })));
    case 'Sort': {
      const [first, second] = own;
      const descending = typeof first === 'object' && 'word' in first && first.word === 'DESC';
      const key = typeof first === 'object' ? second : (first ?? '@CreatedAt');
      const list = sorted(nodes, String(key), descending);
      // The list is sorted in place: what As saved of it, too.
      for (const [name, saved] of named) if (saved === nodes) named.set(name, list);
      return asNodes(list);
    }
    case 'As':
      named.set(String(own[0]), nodes);
      return asNodes(nodes);
    case 'Select':
      return asNodes(
        own.flatMap((key) => {
          const list = named.get(String(key));
          if (list === undefined) throw new Refused('no such name');
          return [...list];
        }),
      );
    case 'Count':
      return { type: 'Value', value: nodes.length };
    case 'Values': {
      const values = nodes.map((node) => retrieved(node, String(own[0])));
      const kept = values.filter(
        (value) =>
          value !== undefined &&
          !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
      );
      return { type: 'Value', value: listOrNull(kept) };
    }
    case 'ValueMap': {
      const maps = nodes.map((node) => {
        const map: { [key: string]: Value } = {};
        for (const key of own) {
          const value = retrieved(node, String(key));
          if (value !== undefined) map[String(key)] = value;
        }
        return map;
      });
      return { type: 'Value', value: listOrNull(maps.filter((map) => Object.keys(map).length > 0)) };
    }
    case 'Sum': {
      let sum = 0;
      for (const node of nodes) {
        const value = fieldOf(node, String(own[0]));
        if (value === undefined) continue;
        const number = integer(value);
        if (number === undefined) throw new Refused('not a number');
        sum += number;
      }
      return { type: 'Value', value: sum };
    }
    case 'Descendants':
      return asNodes(descend(model, nodes, own, 'Out'));
    case 'Ascendants':
      return asNodes(descend(model, nodes, own, 'In'));
    case 'Neighbors':
      return asNodes(around(model, nodes, own));
    case 'SubGraph': {
      if (new Set(nodes).size < nodes.length) throw new Refused('repeated');
      const test = conditions(own, false);
      const ids = nodes.map(({ ID }) => ID);
      const edges = model.edges.filter(
        (edge) => ids.includes(edge.Parent) && ids.includes(edge.Child) && test(edge, true),
      );
      named.clear();
      return { type: 'Graph', model: subgraph(nodes, edges), whole: model };
    }
    case 'G':
      return { type: 'Graph', model, whole: model };
    default:
      throw new Error(`no ${name} behind nodes`);
  }
}
