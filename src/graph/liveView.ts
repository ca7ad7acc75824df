// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, Element, ElementKind, Node } from './element.js';
import type { Filter } from './filter.js';
import { compile } from './match.js';
import type { Moment } from './moment.js';
import type { ElementStore, StorePin } from './store.js';
import type { Direction, GraphView, Handle, ViewContext } from './view.js';

/** The live graph as it was when the view was taken. */
export class LiveView implements GraphView {
  readonly context: ViewContext = { kind: 'live' };
  readonly #moment: Moment;
  #released = false;

  constructor(moment: Moment) {
    this.#moment = moment;
  }

  get nodeCount(): number {
    return this.#moment.nodePin.count;
  }

  get edgeCount(): number {
    return this.#moment.edgePin.count;
  }

  nodes(): Uint32Array {
    return handles(this.#moment.nodes, this.#moment.nodePin);
  }

  edges(): Uint32Array {
    return handles(this.#moment.edges, this.#moment.edgePin);
  }

  node(handle: Handle): Node {
    return known('node', handle, seen(this.#moment.nodes, this.#moment.nodePin, handle));
  }

  edge(handle: Handle): Edge {
    return known('edge', handle, seen(this.#moment.edges, this.#moment.edgePin, handle));
  }

  nodeById(id: string): Handle {
    return find(this.#moment.nodes, this.#moment.nodePin, id);
  }

  edgeById(id: string): Handle {
    return find(this.#moment.edges, this.#moment.edgePin, id);
  }

  edgesOf(node: Handle, direction: Direction): Uint32Array {
    return this.#moment.edgesOf(node, direction);
  }

  parentOf(edge: Handle): Handle {
    return this.#moment.adjacency.parentOf(edge);
  }

  childOf(edge: Handle): Handle {
    return this.#moment.adjacency.childOf(edge);
  }

  select(kind: ElementKind, filter: Filter, among?: Uint32Array): Uint32Array {
    const matches = compile(kind, filter);
    const [store, pin]: [ElementStore<Element>, StorePin<Element>] =
      kind === 'node'
        ? [this.#moment.nodes, this.#moment.nodePin]
        : [this.#moment.edges, this.#moment.edgePin];
    return (among ?? handles(store, pin)).filter((handle) => {
      const element = seen(store, pin, handle);
      return element !== undefined && matches(element);
    });
  }

  plan(kind: ElementKind, _filter: Filter): { access: 'index' | 'column' | 'scan'; candidates: number } {
    return { access: 'scan', candidates: kind === 'node' ? this.nodeCount : this.edgeCount };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#moment.release();
  }
}

function seen<T extends Element>(store: ElementStore<T>, pin: StorePin<T>, handle: Handle): T | undefined {
  if (handle >= pin.limit) return undefined;
  if (pin.overlay.size > 0) {
    const old = pin.overlay.get(handle);
    if (old !== undefined || pin.overlay.has(handle)) return old;
  }
  return store.at(handle);
}

function handles<T extends Element>(store: ElementStore<T>, pin: StorePin<T>): Uint32Array {
  const found = new Uint32Array(pin.count);
  let length = 0;
  for (let handle = 0; handle < pin.limit; handle++) {
    if (seen(store, pin, handle) !== undefined) found[length++] = handle;
  }
  return found;
}

function find<T extends Element>(store: ElementStore<T>, pin: StorePin<T>, id: string): Handle {
  const removed = pin.removed.get(id);
  if (removed !== undefined) return removed;
  const handle = store.handleOf(id);
  return handle >= 0 && seen(store, pin, handle)?.ID === id ? handle : -1;
}

function known<T>(kind: ElementKind, handle: Handle, element: T | undefined): T {
  if (element !== undefined) return element;
  throw new SkydiveError('SKY_E_INTERNAL', `no ${kind} has handle ${handle} in this view`);
}
