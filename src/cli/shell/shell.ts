// SPDX-License-Identifier: Apache-2.0

import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../errors.js';
import type { Connection } from '../client/connection.js';
import { askQuery } from '../client/query.js';
import { textOf } from '../client/request.js';
import type { Format } from '../output/format.js';
import { complete } from './completion.js';
import { display, formatNamed, formats } from './display.js';
import { helpOn } from './help.js';
import { historyLines, joinLines } from './history-file.js';
import { AskedValues } from './known-values.js';
import { pointerTo } from './pointer.js';
import { classify, goesOn, openParentheses } from './statement.js';

export interface ShellOptions {
  readonly connection: Connection;
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** Input and output are a terminal: prompts, editing, completion. */
  readonly terminal: boolean;
  readonly format: Format;
  /** Lines of former sessions, newest first. */
  readonly history: readonly string[];
  /** Told of the lines, the newest first, with each that is entered. */
  readonly onHistory?: (newestFirst: readonly string[]) => void;
}

const prompt = 'shell> ';
/** Completion waits no longer for the analyzer. */
const completionTimeoutMs = 1500;
/** Lines typed or pasted ahead of a running query; then no more are read until it has ended. */
const mostLinesAhead = 1000;

/** A statement that failed and why. */
class Failed extends Error {
  /** The part of the query that is wrong, underlined; empty when that is not known. */
  readonly pointer: string;

  constructor(message: string, pointer = '', options?: { cause?: unknown }) {
    super(message, options);
    this.pointer = pointer;
  }
}

/** The interactive shell: reads statements, runs one at a time, and lives on whatever becomes of them. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #known: AskedValues;
  #format: Format;
  /** Lines of the statement that is not complete yet. */
  #lines: string[] = [];
  #ahead: string[] = [];
  #running: AbortController | undefined;
  #busy = false;
  #closed = false;
  #left = false;
  #history: string[];
  #interface: Interface | undefined;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#format = options.format;
    this.#history = [...options.history];
    const { connection } = options;
    this.#known = new AskedValues(async (query) => {
      const signal = AbortSignal.timeout(completionTimeoutMs);
      return JSON.parse(await textOf((await askQuery(connection, query, { signal })).body));
    });
  }

  /** The lines of this and former sessions, newest first. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** Runs one statement. Rejects with what to tell the user when it fails. */
  async execute(text: string): Promise<void> {
    const { output } = this.#options;
    const statement = classify(text);
    switch (statement.kind) {
      case 'nothing':
        return;
      case 'leave':
        this.close();
        return;
      case 'help':
        output.write(helpOn(statement.topic));
        return;
      case 'format':
        this.#choose(statement.name);
        return;
      case 'gremlin':
        await this.#query(statement.query);
        return;
      case 'foreign':
        throw new Failed(
          `Error while executing Javascript '${statement.text}': this shell runs no JavaScript yet; ` +
            'a line has to be Gremlin, which starts with G, like G.V().Has("Type", "host"); help lists what works',
        );
    }
  }

  /** Reads and runs statements until the input ends or the user leaves. */
  run(): Promise<void> {
    const { input, output, terminal } = this.#options;
    return new Promise((resolve) => {
      const reader = createInterface({
        input,
        ...(terminal ? { output } : {}),
        terminal,
        history: this.#history,
        historySize: historyLines,
        prompt,
        ...(terminal ? { completer: this.#completer } : {}),
      });
      this.#interface = reader;
      reader.on('history', (lines) => {
        this.#history = lines;
        this.#options.onHistory?.(lines);
      });
      reader.on('line', (line) => {
        this.#ahead.push(line);
        if (this.#ahead.length >= mostLinesAhead) reader.pause();
        void this.#work(resolve);
      });
      // A terminal that is gone ends the session like ^D.
      reader.on('error', () => this.close());
      reader.on('SIGINT', () => this.#interrupt(reader));
      reader.on('close', () => {
        if (terminal && !this.#closed) output.write('\n');
        this.#closed = true;
        void this.#work(resolve);
      });
      if (this.#closed) reader.close();
      else this.#ask(reader);
    });
  }

  /** Leaves: what was read and not run yet is dropped, a running query is stopped. */
  close(): void {
    // Closing a terminal that is gone is an error of it, which leads here again.
    if (this.#left) return;
    this.#left = true;
    this.#closed = true;
    this.#ahead = [];
    this.#lines = [];
    this.#running?.abort();
    this.#interface?.close();
  }

  #ask(reader: Interface): void {
    if (!this.#options.terminal) return;
    const open = openParentheses(this.#lines.join('\n'));
    reader.setPrompt(this.#lines.length === 0 ? prompt : `..... ${'    '.repeat(open)}`);
    // Keeps what was typed ahead.
    reader.prompt(true);
  }

  async #work(resolve: () => void): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let line = this.#ahead.shift(); line !== undefined; line = this.#ahead.shift()) {
      if (this.#ahead.length < mostLinesAhead && !this.#closed) this.#interface?.resume();
      await this.#take(line);
    }
    // A file that ends within a statement: it is run, so that its error shows.
    if (this.#closed && this.#lines.length > 0 && !this.#options.terminal) await this.#finish();
    this.#busy = false;
    if (this.#closed) resolve();
    else this.#ask(this.#interface!);
  }

  async #take(line: string): Promise<void> {
    const first = this.#lines.length === 0;
    if (first && line.trim() === '') return;
    // An empty line ends a statement in any case: who does not see what is open is told.
    if (line.trim() !== '') this.#lines.push(line);
    if (line.trim() !== '' && goesOn(this.#lines.join('\n'))) return;
    await this.#finish();
  }

  async #finish(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    joinLines(this.#history, lines);
    if (lines.length > 1) this.#options.onHistory?.(this.#history);
    try {
      await this.execute(lines.join('\n'));
    } catch (error) {
      const pointer = error instanceof Failed ? error.pointer : '';
      this.#options.errors.write(`${pointer}${shown(messageOf(error))}\n`);
    }
  }

  async #query(query: string): Promise<void> {
    const { connection, output, errors } = this.#options;
    const running = new AbortController();
    const { signal } = running;
    this.#running = running;
    try {
      const { body, hint } = await askQuery(connection, query, { signal });
      await display(body, this.#format, output);
      if (hint !== undefined) errors.write(`hint: ${hint}\n`);
    } catch (error) {
      if (signal.aborted) throw new Failed('the query was stopped');
      const message = messageOf(error).replace(/^400 Bad Request: /, '');
      throw new Failed(message, pointerTo(query, message), { cause: error });
    } finally {
      this.#running = undefined;
    }
  }

  #choose(name: string): void {
    const format = formatNamed(name);
    if (format !== undefined) this.#format = format;
    else if (name !== '') throw new Failed(`there is no format ${name}; there are ${formats.join(', ')}`);
    if (name === '') this.#options.output.write(`${this.#format}\n`);
  }

  #interrupt(reader: Interface): void {
    const { output } = this.#options;
    this.#ahead = [];
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    const written = reader.line !== '' || this.#lines.length > 0;
    this.#lines = [];
    // To the end, then back to the start: clears the line wherever the cursor is.
    reader.write(null as unknown as string, { ctrl: true, name: 'e' });
    reader.write(null as unknown as string, { ctrl: true, name: 'u' });
    output.write(written ? '^C\n' : '\n(^D to quit)\n');
    this.#ask(reader);
  }

  #completer = (line: string, done: (error: Error | null, result: [string[], string]) => void): void => {
    complete([...this.#lines, line].join('\n'), this.#known).then(
      ({ candidates, word }) => done(null, [[...candidates], word]),
      // Nothing to offer; what is wrong shows when the line is run.
      () => done(null, [[], line]),
    );
  };
}

/** Messages may quote what somebody else wrote: nothing that moves the cursor of a terminal. */
function shown(message: string): string {
  return message.replace(/[^\P{Cc}\n]/gu, ' ');
}
