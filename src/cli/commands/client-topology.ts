// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { connectionOf } from '../client/connection.js';
import { printQuery } from '../client/query.js';
import { addFormatOption, formatOf } from '../output/format.js';

export function define(command: Command): void {
  const query = command.command('query').summary('Deprecated: use client query');
  query.description("Ask a Gremlin query. Deprecated: use 'client query'.").showHelpAfterError();
  addFormatOption(query);
  query.option('--gremlin <query>', 'query', 'G').action(async ({ gremlin }: { gremlin: string }) => {
    process.stderr.write("'client topology query' is deprecated: use 'client query' instead\n");
    const format = formatOf(query);
    await printQuery(await connectionOf(query), gremlin, format);
  });
  command
    .command('export')
    .description('Print the whole graph, as `topology import` reads it')
    .action(async (_options: unknown, exporting: Command) => {
      await printQuery(await connectionOf(exporting), 'G', 'json');
    });
  command
    .command('import')
    .description('Publish a graph that `topology export` printed')
    .option('--file <file>', 'file to read', 'graph.json')
    .option('--endpoint <path>', 'WebSocket endpoint of the analyzer', '/ws/publisher')
    .action(async ({ file, endpoint }: { file: string; endpoint: string }, importing: Command) => {
      const connection = await connectionOf(importing);
      const { importGraph } = await import('../client/import-graph.js');
      await importGraph(connection, file, endpoint);
    });
}
