// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { type Connection, connectionOf } from '../client/connection.js';
import type { ClientAnswer } from '../client/request.js';
import { deleteResource, getResource, listResources } from '../client/resource.js';
import { sortedMap } from '../client/sorted-map.js';
import { addFormatOption, formatOf, plainFormats } from '../output/format.js';
import { printBody } from '../output/print.js';
import { currentLog } from '../settings.js';

/** Prints what the analyzer answered, as the command's `--format` says. */
export function printAnswer(command: Command, answer: ClientAnswer): Promise<void> {
  return printBody(answer.body, formatOf(command, plainFormats), '  ');
}

/** `list` and `get` of a resource; `title` is what people call it. */
export function defineReading(parent: Command, resource: string, title: string = resource): void {
  const list = parent.command('list').description(`List ${title}s`);
  list.action(async () => {
    const answer = await listResources(await connectionOf(list), resource);
    await printAnswer(list, { ...answer, body: await sortedMap(answer.body) });
  });
  addFormatOption(list, plainFormats);
  const get = parent.command('get').description(`Show one ${title}`).argument('<id>');
  get.action(async (id: string) =>
    printAnswer(get, await getResource(await connectionOf(get), resource, id)),
  );
  addFormatOption(get, plainFormats);
}

/** Deletes them all: one that cannot be is logged and, as in the original, no failure. */
export async function deleteEach(
  connection: Connection,
  resource: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    try {
      await deleteResource(connection, resource, id);
    } catch (error) {
      currentLog()?.error(messageOf(error));
    }
  }
  await currentLog()?.close();
}

/** `delete` of a resource by its ids. */
export function defineDelete(parent: Command, resource: string, title: string = resource): void {
  const remove = parent.command('delete').description(`Delete ${title}s`).argument('<id...>');
  remove.action(async (ids: readonly string[]) => deleteEach(await connectionOf(remove), resource, ids));
}
