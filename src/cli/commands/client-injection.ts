// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { connectionOf } from '../client/connection.js';
import { goDuration } from '../client/go-duration.js';
import { addInjectionOptions, type InjectionOptions, injectionMembers } from '../client/injection-options.js';
import { createResource } from '../client/resource.js';
import { addFormatOption, plainFormats } from '../output/format.js';
import { defineDelete, defineReading, printAnswer } from './resource.js';

/** How long the analyzer keeps an injection beyond the time it takes. */
const graceMs = 5000;
const resource = 'injectpacket';
const title = 'packet injection';

interface CreateOptions extends InjectionOptions {
  readonly src: string;
  readonly dst: string;
}

export function define(command: Command): void {
  const create = command.command('create').description('Send packets from nodes');
  addInjectionOptions(
    create
      .option('--src <query>', 'Gremlin query that selects the nodes they leave from', '')
      .option('--dst <query>', 'Gremlin query that selects the node they go to', ''),
  );
  create.action(async (options: CreateOptions) => {
    const injection = { Src: options.src, Dst: options.dst, ...injectionMembers(options) };
    const ttlMs = graceMs + options.interval * options.count;
    const headers = { 'X-Resource-TTL': goDuration(ttlMs) };
    const connection = await connectionOf(create);
    await printAnswer(create, await createResource(connection, resource, injection, headers));
  });
  addFormatOption(create, plainFormats);
  defineReading(command, resource, title);
  defineDelete(command, resource, title);
  for (const child of command.commands) child.showHelpAfterError();
}
