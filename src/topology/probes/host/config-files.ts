// SPDX-License-Identifier: Apache-2.0

import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf, SkydiveError } from '../../../errors.js';
import type { Graph } from '../../../graph/graph.js';
import type { Logger } from '../../../log/logger.js';

/** An entry of `agent.metadata_config.files`. */
export interface ConfigFile {
  readonly path: string;
  /** json, toml, ini (read as TOML), yaml, yml, properties, props, prop */
  readonly type: string;
  /** The value goes to `Config.<name>`. */
  readonly name: string;
  /** Dotted path of the value in the file. */
  readonly selector: string;
}

/** `key = value`, `key: value` or `key value`, one a line; `#` and `!` begin comments. */
function parseProperties(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.replaceAll(/\\\r?\n\s*/g, '').split('\n')) {
    const parts = /^\s*([^#!\s=:][^\s=:]*)\s*[=:\s]\s*(.*?)\s*$/.exec(line);
    if (parts !== null) values[parts[1]!] = parts[2]!;
  }
  return values;
}

async function parse(type: string, text: string): Promise<unknown> {
  switch (type.toLowerCase()) {
    case 'json':
      return JSON.parse(text);
    case 'yaml':
    case 'yml':
      return (await import('yaml')).parse(text);
    case 'toml':
    case 'ini':
      return (await import('./toml.js')).parseToml(text);
    case 'properties':
    case 'props':
    case 'prop':
      return parseProperties(text);
    default:
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `files of type "${type}" cannot be read: use json, toml, ini, yaml or properties`,
      );
  }
}

/** The value at a dotted path, whose names may themselves have dots; names match in any case. */
function select(value: unknown, selector: string): unknown {
  if (selector === '') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const lower = key.toLowerCase();
    if (lower === selector) return inner;
    if (!selector.startsWith(`${lower}.`)) continue;
    const found = select(inner, selector.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The text of the selected value. Throws SKY_E_CONFIG when the file does not parse or has no such value. */
export async function configValue(type: string, text: string, selector: string): Promise<string> {
  const value = select(await parse(type, text), selector.toLowerCase());
  if (value === undefined || value === null) {
    throw new SkydiveError('SKY_E_CONFIG', `there is no value at ${selector}`);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Keeps values of files up to date in `Config.<name>` of the host node (probes.md §3). */
export class ConfigFiles {
  readonly #graph: Graph;
  readonly #hostNodeId: string;
  readonly #files: readonly ConfigFile[];
  readonly #logger: Logger;
  readonly #watchers: FSWatcher[] = [];

  constructor(graph: Graph, hostNodeId: string, files: readonly ConfigFile[], logger: Logger) {
    this.#graph = graph;
    this.#hostNodeId = hostNodeId;
    this.#files = files;
    this.#logger = logger;
  }

  /** A file that cannot be read is logged, and tried again when it changes. */
  async start(): Promise<void> {
    for (const file of this.#files) {
      try {
        // The folder, since editors replace the file.
        const watcher = watch(dirname(file.path), (_, name) => {
          if (name === null || name === basename(file.path)) void this.#read(file);
        });
        watcher.on('error', (error) => this.#logger.warn(`${file.path}: ${messageOf(error)}`));
        watcher.unref();
        this.#watchers.push(watcher);
      } catch (error) {
        this.#logger.warn(`agent.metadata_config.files: ${file.path} is not watched: ${messageOf(error)}`);
      }
      await this.#read(file);
    }
  }

  stop(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  async #read({ path, type, name, selector }: ConfigFile): Promise<void> {
    try {
      const value = await configValue(type, readFileSync(path, 'utf8'), selector);
      this.#graph.update('node', this.#hostNodeId, { set: { [`Config.${name}`]: value } });
    } catch (error) {
      this.#logger.warn(`agent.metadata_config.files: ${path}: ${messageOf(error)}`);
    }
  }
}
