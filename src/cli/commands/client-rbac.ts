// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { connectionOf } from '../client/connection.js';
import { type ClientAnswer, send, textOf } from '../client/request.js';
import { CommandFailure } from '../failure.js';
import { addFormatOption, formatOf, plainFormats } from '../output/format.js';
import { printBody } from '../output/print.js';

export function define(command: Command): void {
  const show = command.command('show').argument('<user>').description('What a user may do');
  addFormatOption(show, plainFormats);
  show.action((user: string) => print(show, `rbac?${new URLSearchParams({ user })}`));
  const check = command
    .command('check')
    .argument('<user>')
    .argument('<object>', 'capture, topology, websocket, …')
    .argument('<action>', 'read, write, or the path of an endpoint')
    .description('Whether a user may do something, and which lines of the policy decide it');
  addFormatOption(check, plainFormats);
  check.action((user: string, object: string, action: string) =>
    print(check, `rbac/check?${new URLSearchParams({ user, object, action })}`),
  );
  command
    .command('load')
    .argument('<file>', 'lines "p, subject, object, action, allow|deny" and "g, user, role"')
    .description('Store a policy for all analyzers of the key-value store, if it is well-formed')
    .action(async (file: string, _options: unknown, load: Command) => {
      const body = await policyOf(file);
      const answer = await send(await connectionOf(load), { method: 'POST', path: 'rbac', body });
      await expectOk(answer, 'Failed to load the policy');
      const { Lines } = JSON.parse(await textOf(answer.body)) as { Lines: number };
      process.stdout.write(`${Lines} lines are stored\n`);
    });
}

async function print(command: Command, path: string): Promise<void> {
  const format = formatOf(command, plainFormats);
  const answer = await send(await connectionOf(command), { method: 'GET', path });
  await expectOk(answer, 'Failed to ask for permissions');
  await printBody(answer.body, format, '  ');
}

async function expectOk(answer: ClientAnswer, what: string): Promise<void> {
  if (answer.status === 200) return;
  throw new CommandFailure(`${what}, ${answer.statusLine}: ${(await textOf(answer.body)).trimEnd()}`);
}

async function policyOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`cannot read the policy ${file}: ${messageOf(error)}`, { cause: error });
  }
}
