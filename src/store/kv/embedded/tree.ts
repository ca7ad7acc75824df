// SPDX-License-Identifier: Apache-2.0

import { posix } from 'node:path';
import { EtcdFault } from './fault.js';
import {
  type Depth,
  type EtcdAction,
  type EtcdEvent,
  type EtcdNode,
  type FileNode,
  type FolderNode,
  type Millis,
  represent,
  type TreeNode,
} from './node.js';

/** A write as the keys API takes it. `ttlS` 0 expires at once; absent, the key stays. */
export type Write =
  | {
      readonly kind: 'put';
      readonly path: string;
      readonly value: string;
      readonly dir?: boolean;
      readonly ttlS?: number;
      /** Only the time to live changes, and no watcher is told. */
      readonly refresh?: boolean;
      readonly prevExist?: boolean;
      readonly prevValue?: string;
      readonly prevIndex?: number;
    }
  | {
      readonly kind: 'append';
      readonly path: string;
      readonly value: string;
      readonly dir?: boolean;
      readonly ttlS?: number;
    }
  | {
      readonly kind: 'delete';
      readonly path: string;
      readonly dir?: boolean;
      readonly recursive?: boolean;
      readonly prevValue?: string;
      readonly prevIndex?: number;
    };

/** What a write did: the event, and which nodes are to be stored or removed for it. */
export interface Outcome {
  readonly event: EtcdEvent;
  readonly index: number;
  readonly silent: boolean;
  readonly stored: readonly TreeNode[];
  readonly removed: readonly string[];
}

/** The path as the API understands it: absolute, no empty parts, no slash at the end. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(`/${path}`);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/**
 * The keys of etcd's API v2 and what its requests do to them (etcd documentation v2.3, "keys API"). Pure memory: each
 * write says what it changed. `index` counts the writes.
 */
export class KeyTree {
  readonly root: FolderNode = {
    kind: 'folder',
    path: '/',
    children: new Map(),
    createdIndex: 0,
    modifiedIndex: 0,
  };
  #index: number;
  /** Nodes with a time to live. Few: elections, resources with a TTL. */
  readonly #mortal = new Map<string, Millis>();

  constructor(index: number) {
    this.#index = index;
  }

  get index(): number {
    return this.#index;
  }

  /** When the next node expires; undefined when none does. */
  get nextExpiry(): Millis | undefined {
    let next: Millis | undefined;
    for (const at of this.#mortal.values()) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Puts a node back that was stored; parents come before their children. */
  restore(node: TreeNode): void {
    this.#attach(node);
  }

  get(path: string, now: Millis, depth: Depth): EtcdNode {
    return represent(this.#find(cleanPath(path)), now, depth);
  }

  /** Throws EtcdFault when the write does not apply; then nothing changed. */
  write(write: Write, now: Millis): Outcome {
    const path = cleanPath(write.path);
    switch (write.kind) {
      case 'append': {
        const name = String(this.#index + 1).padStart(20, '0');
        return this.#make('create', cleanPath(`${path}/${name}`), write, now, false);
      }
      case 'delete':
        // etcd's words differ here, and it names no cause.
        if (path === '/' && comparing(write)) throw this.#fault(102, '');
        this.#refuseRoot(path);
        return comparing(write) ? this.#compareAndDelete(path, write, now) : this.#delete(path, write, now);
      case 'put':
        this.#refuseRoot(path);
        if (write.prevExist === false) return this.#make('create', path, write, now, false);
        if (comparing(write)) return this.#compareAndSwap(path, write, now);
        return write.prevExist === true ? this.#update(path, write, now) : this.#set(path, write, now);
    }
  }

  /** Removes the node that expired first, if its time has come. */
  expireOne(now: Millis): Outcome | undefined {
    let due: string | undefined;
    let at = now;
    for (const [path, expiresAt] of this.#mortal) {
      if (expiresAt <= at) [due, at] = [path, expiresAt];
    }
    return due === undefined ? undefined : this.#remove('expire', this.#find(due), now);
  }

  #refuseRoot(path: string): void {
    if (path === '/') throw this.#fault(107, '/');
  }

  #set(path: string, write: Write & { kind: 'put' }, now: Millis): Outcome {
    if (write.refresh !== true) return this.#make('set', path, write, now, true);
    const { value } = this.#file(path);
    return { ...this.#make('set', path, { ...write, value }, now, true), silent: true };
  }

  #make(
    action: EtcdAction,
    path: string,
    write: Write & { kind: 'put' | 'append' },
    now: Millis,
    replace: boolean,
  ): Outcome {
    const index = this.#index + 1;
    const { folder, made } = this.#folders(posix.dirname(path), index);
    const before = folder.children.get(posix.basename(path));
    if (before !== undefined) {
      if (!replace) throw this.#fault(105, path);
      if (before.kind === 'folder') throw this.#fault(102, path);
    }
    for (const missing of made) this.#attach(missing);
    const common = { path, createdIndex: index, modifiedIndex: index, ...lifetime(write.ttlS, now) };
    const node: TreeNode =
      write.dir === true
        ? { kind: 'folder', children: new Map(), ...common }
        : { kind: 'file', value: write.value, ...common };
    this.#attach(node);
    return this.#done(action, represent(node, now), before, now, [...made, node]);
  }

  #update(path: string, write: Write & { kind: 'put' }, now: Millis): Outcome {
    const before = this.#find(path);
    if (before.kind === 'folder' && write.value !== '') throw this.#fault(102, path);
    return this.#rewrite('update', before, write, now);
  }

  #compareAndSwap(path: string, write: Write & { kind: 'put' }, now: Millis): Outcome {
    const before = this.#file(path);
    this.#compare(before, write);
    return this.#rewrite('compareAndSwap', before, write, now);
  }

  #rewrite(action: EtcdAction, before: TreeNode, write: Write & { kind: 'put' }, now: Millis): Outcome {
    const modifiedIndex = this.#index + 1;
    const { expiresAt: _, ...kept } = before;
    const life = lifetime(write.ttlS, now);
    const node: TreeNode =
      kept.kind === 'folder'
        ? { ...kept, ...life }
        : { ...kept, value: write.refresh === true ? kept.value : write.value, modifiedIndex, ...life };
    this.#attach(node);
    const shown = { ...represent(node, now), modifiedIndex, createdIndex: node.createdIndex };
    return { ...this.#done(action, shown, before, now, [node]), silent: write.refresh === true };
  }

  #delete(path: string, write: Write & { kind: 'delete' }, now: Millis): Outcome {
    const node = this.#find(path);
    if (node.kind === 'folder') {
      if (write.dir !== true && write.recursive !== true) throw this.#fault(102, path);
      if (node.children.size > 0 && write.recursive !== true) throw this.#fault(108, path);
    }
    return this.#remove('delete', node, now);
  }

  #compareAndDelete(path: string, write: Write & { kind: 'delete' }, now: Millis): Outcome {
    const node = this.#file(path);
    this.#compare(node, write);
    return this.#remove('compareAndDelete', node, now);
  }

  #remove(action: EtcdAction, node: TreeNode, now: Millis): Outcome {
    const removed: string[] = [];
    const forget = (each: TreeNode): void => {
      removed.push(each.path);
      this.#mortal.delete(each.path);
      if (each.kind === 'folder') for (const child of each.children.values()) forget(child);
    };
    forget(node);
    this.#parent(node.path).children.delete(posix.basename(node.path));
    const shown: EtcdNode = {
      key: node.path,
      ...(node.kind === 'folder' && { dir: true as const }),
      modifiedIndex: this.#index + 1,
      createdIndex: node.createdIndex,
    };
    return { ...this.#done(action, shown, node, now, []), removed };
  }

  #done(
    action: EtcdAction,
    node: EtcdNode,
    before: TreeNode | undefined,
    now: Millis,
    stored: readonly TreeNode[],
  ): Outcome {
    this.#index += 1;
    const event: EtcdEvent = {
      action,
      node,
      ...(before !== undefined && { prevNode: represent(before, now) }),
    };
    return { event, index: this.#index, silent: false, stored, removed: [] };
  }

  #compare(node: FileNode, write: { readonly prevValue?: string; readonly prevIndex?: number }): void {
    const { prevValue = '', prevIndex = 0 } = write;
    const wrong: string[] = [];
    if (prevValue !== '' && prevValue !== node.value) wrong.push(`[${prevValue} != ${node.value}]`);
    if (prevIndex > 0 && prevIndex !== node.modifiedIndex)
      wrong.push(`[${prevIndex} != ${node.modifiedIndex}]`);
    if (wrong.length > 0) throw this.#fault(101, wrong.join(' '));
  }

  /** The folder of a path, and the folders that are missing on the way; those are not attached yet. */
  #folders(path: string, index: number): { folder: FolderNode; made: FolderNode[] } {
    let folder = this.root;
    const made: FolderNode[] = [];
    for (const name of parts(path)) {
      const next = folder.children.get(name);
      if (next?.kind === 'file') throw this.#fault(104, next.path);
      if (next !== undefined) {
        folder = next;
        continue;
      }
      folder = {
        kind: 'folder',
        path: posix.join(folder.path, name),
        children: new Map(),
        createdIndex: index,
        modifiedIndex: index,
      };
      made.push(folder);
    }
    return { folder, made };
  }

  #attach(node: TreeNode): void {
    this.#parent(node.path).children.set(posix.basename(node.path), node);
    if (node.expiresAt === undefined) this.#mortal.delete(node.path);
    else this.#mortal.set(node.path, node.expiresAt);
  }

  #parent(path: string): FolderNode {
    return this.#find(posix.dirname(path)) as FolderNode;
  }

  #file(path: string): FileNode {
    const node = this.#find(path);
    if (node.kind === 'folder') throw this.#fault(102, path);
    return node;
  }

  #find(path: string): TreeNode {
    let node: TreeNode = this.root;
    for (const name of parts(path)) {
      if (node.kind === 'file') throw this.#fault(104, node.path);
      const next: TreeNode | undefined = node.children.get(name);
      if (next === undefined) throw this.#fault(100, posix.join(node.path, name));
      node = next;
    }
    return node;
  }

  #fault(code: ConstructorParameters<typeof EtcdFault>[0], about: string): EtcdFault {
    return new EtcdFault(code, about, this.#index);
  }
}

function comparing(write: { readonly prevValue?: string; readonly prevIndex?: number }): boolean {
  return (write.prevValue ?? '') !== '' || (write.prevIndex ?? 0) > 0;
}

function lifetime(ttlS: number | undefined, now: Millis): { expiresAt?: Millis } {
  return ttlS === undefined ? {} : { expiresAt: now + ttlS * 1000 };
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
