// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ScratchNamespace } from '../netns/scratch-namespace.js';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless it is a text. */
  readonly body?: unknown;
}

export interface Answered {
  /** 0 when nobody answered. */
  readonly status: number;
  readonly text: string;
}

/** Asks for each line of its input, and says each answer as a line. */
const program = `
  const { request } = require('http');
  const answer = (id, status, text) => console.log(JSON.stringify({ id, status, text }));
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, url, method, headers, body } = JSON.parse(line);
    const made = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; });
      response.on('end', () => answer(id, response.statusCode, text)).on('error', (e) => answer(id, 0, String(e)));
    });
    made.on('error', (e) => answer(id, 0, String(e)));
    made.end(body);
  });`;

/** A client of HTTP APIs that lives in a network namespace: one process for all its requests. */
export class Requester {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answered) => void>();
  #last = 0;

  constructor(network: ScratchNamespace) {
    const command = ['netns', 'exec', network.name, process.execPath, '-e', program];
    this.#child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line) as Answered & { id: number };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
    const id = ++this.#last;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    this.#child.stdin!.write(`${JSON.stringify({ id, url, method, headers, body: text })}\n`);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
