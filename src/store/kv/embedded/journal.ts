// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../../errors.js';
import { type Database, openDatabase, prepareFolder } from '../../level/database.js';
import { Events, keptEvents, type Noted } from './events.js';
import type { Millis, TreeNode } from './node.js';
import { KeyTree, type Outcome } from './tree.js';

const configKey = 'etcd.data_dir';
/** A new etcd cluster of one member has spent so many indexes before its first key. */
const firstIndex = 3;

interface NodeRow {
  /** Value of a file; absent for a folder. */
  readonly v?: string;
  readonly c: number;
  readonly m: number;
  readonly e?: Millis;
}

type Row =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

const indexKey = 'index';
const nodeKey = (path: string) => `node:${path}`;
const eventKey = (index: number) => `event:${String(index).padStart(20, '0')}`;

/**
 * The keys on disk, in Level: one row a node, one an event, one for the index. All rows of a write are one batch that
 * is synchronised before anybody is told; writes that come meanwhile share the next batch.
 */
export class Journal {
  readonly #database: Database;
  #rows: Row[] = [];
  /** The batch that takes the rows above; undefined while there are none. */
  #next: Promise<void> | undefined;
  /** The batch that is being written. Never rejects. */
  #running: Promise<void> = Promise.resolve();
  /** Set when a batch failed: the rows after it build on what is not there. `load` clears it. */
  #broken: SkydiveError | undefined;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(folder: string): Promise<Journal> {
    try {
      await prepareFolder(folder, configKey);
      return new Journal(await openDatabase(folder, { configKey, writeBufferSizeBytes: 256 * 1024 }));
    } catch (error) {
      throw new SkydiveError(
        'SKY_E_STORE',
        `cannot open the key-value store in ${folder} (${configKey}): ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** What was stored last. */
  async load(): Promise<{ tree: KeyTree; events: Events }> {
    const database = this.#database;
    this.#broken = undefined;
    const index = Number((await database.get(indexKey)) ?? firstIndex);
    const tree = new KeyTree(index);
    for await (const [key, text] of database.iterator({ gt: 'node:', lt: 'node;' })) {
      tree.restore(nodeOf(key.slice('node:'.length), JSON.parse(text) as NodeRow));
    }
    const events = new Events(index + 1);
    for await (const [, text] of database.iterator({ gt: 'event:', lt: 'event;' })) {
      events.add(JSON.parse(text) as Noted);
    }
    return { tree, events };
  }

  /** Resolves when the outcome is on disk. Rejects with SKY_E_STORE; then none of the batch is. */
  append(outcome: Outcome): Promise<void> {
    const { stored, removed, index } = outcome;
    for (const path of removed) this.#rows.push({ type: 'del', key: nodeKey(path) });
    for (const node of stored) this.#rows.push({ type: 'put', key: nodeKey(node.path), value: rowOf(node) });
    this.#rows.push(
      { type: 'put', key: eventKey(index), value: JSON.stringify(notedOf(outcome)) },
      { type: 'del', key: eventKey(index - keptEvents) },
      { type: 'put', key: indexKey, value: String(index) },
    );
    this.#next ??= this.#running.then(() => this.#flush());
    return this.#next;
  }

  /** Resolves when everything that was appended so far is on disk, or was refused. */
  settled(): Promise<void> {
    return this.#next?.catch(() => undefined) ?? this.#running;
  }

  async close(): Promise<void> {
    while (this.#next !== undefined) await this.settled();
    await this.#running;
    await this.#database.close();
  }

  async #flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    this.#running = this.#next!.catch(() => undefined);
    this.#next = undefined;
    try {
      if (this.#broken !== undefined) throw this.#broken;
      await this.#database.batch(rows, { sync: true });
    } catch (error) {
      this.#broken ??= new SkydiveError(
        'SKY_E_STORE',
        `cannot write to the key-value store (${configKey}): ${messageOf(error)}; check free space and permissions`,
        { cause: error },
      );
      throw this.#broken;
    }
  }
}

export function notedOf({ index, event, silent }: Outcome): Noted {
  return { index, event, silent };
}

function rowOf(node: TreeNode): string {
  const row: NodeRow = {
    ...(node.kind === 'file' && { v: node.value }),
    c: node.createdIndex,
    m: node.modifiedIndex,
    ...(node.expiresAt !== undefined && { e: node.expiresAt }),
  };
  return JSON.stringify(row);
}

function nodeOf(path: string, { v, c, m, e }: NodeRow): TreeNode {
  const common = { path, createdIndex: c, modifiedIndex: m, ...(e !== undefined && { expiresAt: e }) };
  return v === undefined
    ? { kind: 'folder', children: new Map(), ...common }
    : { kind: 'file', value: v, ...common };
}
