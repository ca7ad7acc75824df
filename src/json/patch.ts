// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';

/** One operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

type Container = { [key: string]: unknown } | unknown[];

const operations = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

function bad(message: string): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', message);
}

/** The operations of a decoded patch. Throws SKY_E_BAD_REQUEST naming the one that is wrong. */
export function patchOf(decoded: unknown): readonly PatchOperation[] {
  if (!Array.isArray(decoded)) throw bad('a JSON patch is an array of operations');
  return decoded.map((operation: unknown, index) => {
    if (typeof operation !== 'object' || operation === null) throw bad(`operation ${index} is no object`);
    const { op, path, from } = operation as Record<string, unknown>;
    if (typeof op !== 'string' || !operations.has(op))
      throw bad(`operation ${index} has an unknown op: ${String(op)}`);
    if (typeof path !== 'string') throw bad(`operation ${index} has no path`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw bad(`operation ${index} has no from`);
    return operation as PatchOperation;
  });
}

/** Reference tokens of a JSON Pointer (RFC 6901). */
function tokens(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw bad(`the path "${path}" does not start with /`);
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Index of an array element up to `last`, which `-` means. */
function indexOf(token: string, last: number): number | undefined {
  if (token === '-') return last;
  const index = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : Number.NaN;
  return index <= last ? index : undefined;
}

function has(container: Container, token: string): boolean {
  return Array.isArray(container)
    ? token !== '-' && indexOf(token, container.length - 1) !== undefined
    : Object.hasOwn(container, token);
}

function member(container: Container, token: string): unknown {
  return Array.isArray(container) ? container[Number(token)] : container[token];
}

/** A document that is being patched; it is the caller's own copy. */
class Patching {
  #root: Container;

  constructor(root: Container) {
    this.#root = root;
  }

  get root(): Container {
    return this.#root;
  }

  /** The container that holds the last token, undefined when the way there does not exist. */
  #holder(path: string): { container: Container; token: string } | undefined {
    const way = tokens(path);
    const token = way.pop();
    if (token === undefined) return undefined;
    let container: unknown = this.#root;
    for (const step of way) {
      if (!isContainer(container) || !has(container, step)) return undefined;
      container = member(container, step);
    }
    return isContainer(container) ? { container, token } : undefined;
  }

  get(path: string): { value: unknown } | undefined {
    if (path === '') return { value: this.#root };
    const holder = this.#holder(path);
    if (holder === undefined || !has(holder.container, holder.token)) return undefined;
    return { value: member(holder.container, holder.token) };
  }

  add(path: string, value: unknown, op: string): void {
    if (path === '') {
      if (!isContainer(value))
        throw bad(`${op} operation does not apply: the whole document cannot be a scalar`);
      this.#root = value;
      return;
    }
    const holder = this.#holder(path);
    if (holder === undefined) {
      throw bad(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
    }
    const { container, token } = holder;
    if (!Array.isArray(container)) {
      set(container, token, value);
      return;
    }
    const index = indexOf(token, container.length);
    if (index === undefined) throw bad(`${op} operation does not apply: invalid index referenced: ${token}`);
    container.splice(index, 0, value);
  }

  remove(path: string): void {
    const holder = this.#holder(path);
    if (holder === undefined) {
      throw bad(`remove operation does not apply: doc is missing path: "${path}": missing value`);
    }
    const { container, token } = holder;
    if (!has(container, token)) {
      throw bad(
        `error in remove for path: '${path}': Unable to remove nonexistent key: ${token}: missing value`,
      );
    }
    if (Array.isArray(container)) container.splice(Number(token), 1);
    else delete container[token];
  }

  /** As the original, a member that is missing is added; an element of a list has to be there. */
  replace(path: string, value: unknown): void {
    const holder = this.#holder(path);
    if (holder !== undefined && Array.isArray(holder.container)) {
      if (!has(holder.container, holder.token)) {
        throw bad(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      }
      holder.container[Number(holder.token)] = value;
    } else this.add(path, value, 'replace');
  }

  run(operation: PatchOperation): void {
    const { op, path } = operation;
    const value = structuredClone(operation.value ?? null);
    if (op === 'add') this.add(path, value, op);
    else if (op === 'replace') this.replace(path, value);
    else if (op === 'remove') this.remove(path);
    else if (op === 'test') {
      if (!sameJson(this.get(path)?.value ?? null, value))
        throw bad(`testing path ${path} failed: test failed`);
    } else this.#transfer(op, operation.from!, path);
  }

  #transfer(op: 'move' | 'copy', from: string, path: string): void {
    const found = this.get(from);
    if (found === undefined) {
      throw bad(`${op} operation does not apply: doc is missing from path: ${from}: missing value`);
    }
    if (op === 'move' && path.startsWith(`${from}/`)) {
      throw bad(`move operation does not apply: ${path} lies within ${from}`);
    }
    const value = structuredClone(found.value);
    if (op === 'move') this.remove(from);
    this.add(path, value, op);
  }
}

/** Own property in any case: `__proto__` is a key like any other. */
function set(container: { [key: string]: unknown }, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Equal as JSON values: the order of members does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => sameJson(value, b[index]));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(member(a, key), member(b, key)))
  );
}

/** The document after the patch; the given one stays as it is. Throws SKY_E_BAD_REQUEST at the first that fails. */
export function applyPatch(document: object, patch: readonly PatchOperation[]): unknown {
  const patching = new Patching(structuredClone(document) as Container);
  for (const operation of patch) {
    try {
      patching.run(operation);
    } catch (error) {
      if (error instanceof SkydiveError) throw error;
      throw new SkydiveError('SKY_E_BAD_REQUEST', messageOf(error), { cause: error });
    }
  }
  return patching.root;
}
