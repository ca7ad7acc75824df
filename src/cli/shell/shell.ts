// SPDX-License-Identifier: Apache-2.0

import { createInterface } from 'node:readline';
import { messageOf } from '../../errors.js';
import type { Connection } from '../client/connection.js';
import { printQuery } from '../client/query.js';
import { send, textOf } from '../client/request.js';
import type { Format } from '../output/format.js';
import { complete } from './complete.js';
import { isOpen } from './cursor.js';
import { loadHistory, saveHistory } from './history.js';

export interface ShellOptions {
  readonly connection: Connection;
  readonly format: Format;
  readonly historyFile: string;
}

const prompt = 'shell> ';
const morePrompt = '.....     ';

/** Lines that start with G are Gremlin. */
function isGremlin(line: string): boolean {
  return /^\s*g\s*(?:[.]|$)/i.test(line);
}

async function run(query: string, { connection, format }: ShellOptions): Promise<void> {
  if (!isGremlin(query)) {
    process.stderr.write(
      `Error while executing Javascript '${query}': JavaScript is not available yet; lines that start with G are Gremlin\n`,
    );
    return;
  }
  try {
    await printQuery(connection, query, format);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
  }
}

/** Reads queries and prints what they give until the input ends. */
export async function runShell(options: ShellOptions): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const ask = async (query: string): Promise<unknown> => {
    const body = JSON.stringify({ GremlinQuery: query });
    const answer = await send(options.connection, { method: 'POST', path: 'topology', body });
    const text = await textOf(answer.body);
    return answer.status === 200 ? JSON.parse(text) : [];
  };
  let pending = '';
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stdout } : {}),
    terminal: isTerminal,
    prompt,
    history: isTerminal ? await loadHistory(options.historyFile) : [],
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) => {
      // Nothing is offered while the analyzer does not answer.
      complete(pending + line, ask).then(
        ([words, typed]) => done(null, [words, typed]),
        () => done(null, [[], line]),
      );
    },
  });
  let history: readonly string[] = [];
  lines.on('history', (kept: readonly string[]) => {
    history = kept;
  });
  lines.on('SIGINT', () => {
    if (lines.line === '' && pending === '') process.stdout.write('(^D to quit)');
    process.stdout.write('\n');
    pending = '';
    lines.write(null, { ctrl: true, name: 'u' });
    lines.setPrompt(prompt);
    lines.prompt();
  });
  if (isTerminal) lines.prompt();
  for await (const line of lines) {
    pending += pending === '' ? line : `\n${line}`;
    if (isGremlin(pending) && isOpen(pending)) lines.setPrompt(morePrompt);
    else {
      const query = pending.trim();
      pending = '';
      if (query !== '') await run(query, options);
      lines.setPrompt(prompt);
    }
    if (isTerminal) lines.prompt();
  }
  if (pending.trim() !== '') await run(pending.trim(), options);
  if (isTerminal) {
    process.stdout.write('\n');
    if (history.length > 0) await saveHistory(options.historyFile, history);
  }
}
