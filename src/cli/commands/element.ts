// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { type Connection, connectionOf } from '../client/connection.js';
import { type MetadataTree, parseMetadata } from '../client/metadata.js';
import { metadataPatch } from '../client/metadata-patch.js';
import type { ClientAnswer } from '../client/request.js';
import { send, textOf } from '../client/request.js';
import { createResource, updateResource } from '../client/resource.js';
import { CommandFailure } from '../failure.js';
import { addFormatOption, plainFormats } from '../output/format.js';
import { defineReading, deleteEach, printAnswer as print } from './resource.js';

/** Options of `create` beyond those of every element. */
interface CreateOptions {
  readonly metadata: string;
  readonly host: string;
  readonly [option: string]: string;
}

/** What tells nodes and edges apart on the command line. */
export interface ElementCommand {
  readonly kind: 'node' | 'edge';
  addCreateOptions(create: Command): void;
  /** Own metadata and members of a new element. */
  prepare(
    connection: Connection,
    options: CreateOptions,
  ): Promise<{ readonly metadata: MetadataTree; readonly members: object }>;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Ids of the elements that a Gremlin expression returns. */
async function idsOf(connection: Connection, gremlin: string): Promise<readonly string[]> {
  const body = JSON.stringify({ GremlinQuery: gremlin });
  const answer = await send(connection, { method: 'POST', path: 'topology', body });
  const text = await textOf(answer.body);
  if (answer.status !== 200) throw new CommandFailure(`${answer.statusLine}: ${text.trimEnd()}`);
  const elements: unknown = JSON.parse(text);
  if (!Array.isArray(elements)) throw new CommandFailure(`${gremlin} returns no elements`);
  return elements.map((element: unknown) => {
    const { ID } = (element ?? {}) as { ID?: unknown };
    if (typeof ID !== 'string')
      throw new CommandFailure(`${gremlin} returns other things than nodes or edges`);
    return ID;
  });
}

function defineCreate(parent: Command, element: ElementCommand): void {
  const { kind } = element;
  const create = parent.command('create').description(`Create ${kind === 'node' ? 'a node' : 'an edge'}`);
  element.addCreateOptions(create);
  create
    .option('--metadata <pairs>', 'metadata: k1=v1, k2.k3=v2', '')
    .option('--host <host>', 'host it belongs to', hostname())
    .action(async (options: CreateOptions) => {
      const given = parseMetadata(options.metadata);
      const connection = await connectionOf(create);
      const { metadata, members } = await element.prepare(connection, options);
      const now = Date.now();
      const created = await createResource(connection, kind, {
        ...members,
        ID: crypto.randomUUID(),
        Metadata: { ...given, ...metadata },
        Host: options.host,
        Origin: `cli.${options.host}`,
        CreatedAt: now,
        UpdatedAt: now,
        DeletedAt: null,
        Revision: 1,
      });
      await print(create, created);
    });
  addFormatOption(create, plainFormats);
}

function defineDelete(parent: Command, kind: string): void {
  const remove = parent.command('delete').description(`Delete ${kind}s`).argument('<id...>');
  remove
    .option('--gremlin', 'the arguments are Gremlin expressions: what they return is deleted')
    .action(async (given: readonly string[], { gremlin }: { gremlin?: boolean }) => {
      const connection = await connectionOf(remove);
      const ids: string[] = [];
      for (const text of given) ids.push(...(gremlin === true ? await idsOf(connection, text) : [text]));
      await deleteEach(connection, kind, ids);
    });
}

function defineUpdate(parent: Command, kind: string): void {
  const update = parent.command('update').description(`Change the metadata of ${kind}s`).argument('<id...>');
  update
    .option('-a, --add <k=v>', 'metadata to set; may be repeated', collect, [])
    .option('-r, --remove <key>', 'metadata to remove; may be repeated', collect, [])
    .action(
      async (ids: readonly string[], options: { add: readonly string[]; remove: readonly string[] }) => {
        const patch = metadataPatch(options.add, options.remove);
        const connection = await connectionOf(update);
        let last: ClientAnswer | undefined;
        for (const id of ids) {
          const answer = await updateResource(connection, kind, id, patch);
          // Read in any case: an answer that nobody reads keeps the connection, and the process.
          const text = await textOf(answer.body);
          if (answer.status === 200) last = { ...answer, body: Readable.from([Buffer.from(text)]) };
        }
        if (last === undefined) process.stdout.write('Not modified\n');
        else await print(update, last);
      },
    );
  addFormatOption(update, plainFormats);
}

/** `create`, `list`, `get`, `delete` and `update` of nodes or edges. */
export function defineElement(parent: Command, element: ElementCommand): void {
  defineCreate(parent, element);
  defineReading(parent, element.kind);
  defineDelete(parent, element.kind);
  defineUpdate(parent, element.kind);
  for (const child of parent.commands) child.showHelpAfterError();
}
