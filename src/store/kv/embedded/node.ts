// SPDX-License-Identifier: Apache-2.0

export type Millis = number;

export interface FileNode {
  readonly kind: 'file';
  readonly path: string;
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  readonly expiresAt?: Millis;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly path: string;
  readonly children: Map<string, TreeNode>;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  readonly expiresAt?: Millis;
}

export type TreeNode = FileNode | FolderNode;

/** A node as the keys API writes it; the order of the members is the API's. */
export interface EtcdNode {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: true;
  readonly expiration?: string;
  readonly ttl?: number;
  readonly nodes?: readonly EtcdNode[];
  readonly modifiedIndex?: number;
  readonly createdIndex?: number;
}

export type EtcdAction =
  | 'get'
  | 'set'
  | 'create'
  | 'update'
  | 'compareAndSwap'
  | 'delete'
  | 'compareAndDelete'
  | 'expire';

export interface EtcdEvent {
  readonly action: EtcdAction;
  readonly node: EtcdNode;
  readonly prevNode?: EtcdNode;
}

/** Time as Go writes it: no zeros at the end of the fraction. */
function goTime(at: Millis): string {
  return new Date(at).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** Seconds left, rounded up; none where it is time already. */
export function secondsLeft(expiresAt: Millis, now: Millis): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1000));
}

/** Members `expiration` and `ttl`; a time to live of 0 is left out, as Go leaves out zeros. */
export function expiry(expiresAt: Millis | undefined, now: Millis) {
  if (expiresAt === undefined) return {};
  const ttl = secondsLeft(expiresAt, now);
  return { expiration: goTime(expiresAt), ...(ttl > 0 && { ttl }) };
}

function isHidden(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith('_');
}

export interface Depth {
  /** The nodes of a folder are listed, and those of its folders only when recursive. */
  readonly list: boolean;
  readonly recursive: boolean;
  readonly sorted: boolean;
}

export const alone: Depth = { list: false, recursive: false, sorted: false };

/** The node as the API shows it at a time. The root has neither key nor indexes. */
export function represent(node: TreeNode, now: Millis, depth: Depth = alone): EtcdNode {
  const root = node.path === '/';
  const head = {
    ...(!root && { key: node.path }),
    ...(node.kind === 'file' ? { value: node.value } : { dir: true as const }),
    ...expiry(node.expiresAt, now),
  };
  const tail = root ? {} : { modifiedIndex: node.modifiedIndex, createdIndex: node.createdIndex };
  if (node.kind === 'file' || !depth.list) return { ...head, ...tail };
  const shown = [...node.children.values()].filter((child) => !isHidden(child.path));
  if (depth.sorted) shown.sort((a, b) => (a.path < b.path ? -1 : 1));
  const below: Depth = depth.recursive ? depth : alone;
  const nodes = shown.map((child) => represent(child, now, below));
  return { ...head, ...(nodes.length > 0 && { nodes }), ...tail };
}
