// SPDX-License-Identifier: Apache-2.0
// What the command line, configuration files and environment amount to. Order decides: defaults (environment), then
// the default configuration files, then each argument in turn, a configuration file counting where it stands.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, SkydiveError } from '../errors.js';
import type { Given } from './arguments.js';
import { parseIni } from './ini.js';
import {
  defaultOf,
  type Environment,
  type OptionName,
  optionNamed,
  options,
  programName,
} from './options.js';
import { substitute } from './substitute.js';

type Values = Map<string, { readonly text: string; readonly fromFile: boolean }>;

export interface Settings {
  /** Value of an option; undefined where none was given and it has no default. */
  get(name: OptionName): string | undefined;
}

function expandHome(path: string, environment: Environment): string {
  const home = environment['HOME'];
  return home !== undefined && /^~(?=\/|$)/.test(path) ? home + path.slice(1) : path;
}

const notOfFiles = new Set<string>(['config-file', 'config-dir']);

function readConfigFile(path: string, values: Values): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing
      ? `Failed to find some config files: ${path}`
      : `Failed to open ${path}: ${messageOf(error)}`;
    throw new SkydiveError('SKY_E_CONFIG', what, { cause: error });
  }
  for (const [key, value] of parseIni(text, path)) {
    if (key.includes('-')) continue;
    const option = optionNamed(key.replaceAll('_', '-'));
    if (option !== undefined && !notOfFiles.has(option.name))
      values.set(option.name, { text: value, fromFile: true });
  }
}

function readConfigDir(path: string, values: Values): void {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    const what = `Failed to read config file directory: ${path}`;
    throw new SkydiveError('SKY_E_CONFIG', what, { cause: error });
  }
  const files = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).sort();
  for (const name of files) readConfigFile(join(path, name), values);
}

/** `etc` is where the system's configuration lies. Throws SKY_E_CONFIG. */
export function readSettings(given: readonly Given[], environment: Environment, etc = '/etc'): Settings {
  const values: Values = new Map();
  for (const option of options) {
    const text = defaultOf(option, environment);
    if (text !== undefined) values.set(option.name, { text, fromFile: false });
  }
  const homes = [...(environment['HOME'] ? [environment['HOME']] : []), etc];
  const firstOf = (extension: string) =>
    homes.map((folder) => join(folder, programName + extension)).find((path) => existsSync(path));
  const names = new Set(given.map((one) => one.name));
  if (!names.has('config-file')) {
    const file = environment['TRIPLEO_INVENTORY_CONFIG'] || firstOf('.conf');
    if (file !== undefined) readConfigFile(resolve(expandHome(file, environment)), values);
  }
  if (!names.has('config-dir')) {
    const folder = firstOf('.conf.d');
    if (folder !== undefined) readConfigDir(folder, values);
  }
  for (const { name, value } of given) {
    if (name === 'config-file') readConfigFile(resolve(expandHome(value, environment)), values);
    else if (name === 'config-dir') readConfigDir(expandHome(value, environment), values);
    else values.set(name, { text: value, fromFile: false });
  }
  const lookUp = (name: string, within: readonly string[]): string | undefined => {
    const value = values.get(name);
    if (value === undefined || !value.fromFile) return value?.text;
    if (within.includes(name)) {
      const chain = [...within, name].join(', ');
      throw new SkydiveError('SKY_E_CONFIG', `configuration options refer to each other: ${chain}`);
    }
    const inner = [...within, name];
    return substitute(value.text, (key) => {
      const option = key.includes('-') ? undefined : optionNamed(key.replaceAll('_', '-'));
      return option === undefined ? undefined : (lookUp(option.name, inner) ?? '');
    });
  };
  return { get: (name) => lookUp(name, []) };
}
