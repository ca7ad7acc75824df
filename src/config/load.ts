// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import { deprecatedOverlays } from './deprecated.js';
import { type Environment, environmentOverlays } from './environment.js';
import type { Config, ConfigKey, ConfigValue } from './key.js';
import { createConfig, type Layers, type Overlay } from './layers.js';
import { buildSchema, type Schema } from './schema.js';
import { secretOverlays } from './secret-file.js';
import { defaultFile, isAbsent, isForbidden, readSource, type Source } from './source.js';
import { merge, type Tree } from './tree.js';
import { unknownKeys } from './unknown.js';
import { validate } from './validate.js';

export interface LoadRequest {
  /** `-c`, in order; none: the default file, if it is there. `-` is standard input. */
  readonly files: readonly string[];
  /** `-b`: `file` (default) or `etcd`. */
  readonly backend?: string;
  /** Usually `process.env`. */
  readonly env: Environment;
  /** Command line options that were given, by configuration key. */
  readonly options: Readonly<Record<string, ConfigValue>>;
  /** Values the program itself sets, over all others (`logging.id`). */
  readonly program?: Readonly<Record<string, ConfigValue>>;
  /** Defaults of command line options without a default in the configuration. */
  readonly optionDefaults?: Readonly<Record<string, ConfigValue>>;
  /** The declared keys of every room. */
  readonly rooms: readonly (readonly ConfigKey[])[];
  /** A default file that this user may not read is a warning: for clients, whose host may keep it to the daemon. */
  readonly client?: boolean;
  /** Instead of /etc/skydive/skydive.yml, for tests. */
  readonly defaultFile?: string;
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** How long the etcd backend may take; 5000. */
  readonly timeoutMs?: number;
}

export interface Loaded {
  readonly config: Config;
  /** Complete sentences for the log; they hold no secrets. */
  readonly warnings: readonly string[];
  readonly schema: Schema;
}

/**
 * Merges all sources (precedence: program, options, `SKYDIVE_` variables, files in order, defaults) and checks the
 * values. Throws SKY_E_CONFIG naming file, line, key and remedy.
 */
export async function loadConfig(request: LoadRequest): Promise<Loaded> {
  const schema = buildSchema(request.rooms);
  const warnings: string[] = [];
  const files: Tree = {};
  const places = new Map<string, string>();
  for (const source of await readSources(request, warnings)) {
    const { readYaml } = await import('./yaml-document.js');
    const document = await readYaml(source.text, source.name, schema);
    warnings.push(...document.warnings);
    merge(files, document.tree);
    for (const [key, place] of document.places) places.set(key, place);
  }

  const fromEnv = environmentOverlays(request.env, schema, files);
  warnings.push(...fromEnv.warnings, ...unknownKeys(files, schema, places));
  const overlays: Overlay[] = [
    ...fromEnv.overlays,
    ...overlaysOf(request.options, (key) => `the option for ${key}`),
    ...overlaysOf(request.program ?? {}, () => 'the program'),
  ];
  const placeOf = (key: string): string =>
    layers.overlays.findLast((overlay) => overlay.key === key)?.place ?? places.get(key) ?? 'configuration';
  let layers: Layers = {
    schema,
    files,
    overlays,
    env: request.env,
    optionDefaults: lowerKeys(request.optionDefaults ?? {}),
  };
  const old = deprecatedOverlays(layers, (key) => `${placeOf(key)} (${key})`);
  layers = { ...layers, overlays: [...old.overlays, ...overlays] };
  warnings.push(...old.warnings);
  const service = request.program?.['logging.id'];
  // Clients have no use for the daemons' secrets, and often no right to read them.
  if (typeof service === 'string') {
    const secrets = await secretOverlays(layers, placeOf, service);
    layers = { ...layers, overlays: [...layers.overlays, ...secrets.overlays] };
    warnings.push(...secrets.warnings);
  }
  warnings.push(...validate(layers, placeOf));
  return { config: createConfig(layers), warnings, schema };
}

async function readSources(request: LoadRequest, warnings: string[]): Promise<Source[]> {
  const backend = request.backend ?? 'file';
  if (backend !== 'file' && backend !== 'etcd') {
    throw new SkydiveError('SKY_E_CONFIG', `Invalid backend: ${backend}; use file or etcd`);
  }
  if (request.files.length === 0) {
    if (backend === 'file') return readDefault(request, warnings);
    warnings.push('the etcd backend is asked for without -c http://host:port/path/to/key: defaults are used');
    return [];
  }
  if (backend === 'etcd') {
    const [location, second] = request.files;
    if (location === undefined || second !== undefined) {
      throw new SkydiveError(
        'SKY_E_CONFIG',
        'the etcd backend takes exactly one -c http://host:port/path/to/key',
      );
    }
    const { readEtcd } = await import('./etcd-source.js');
    return [await readEtcd(location, request.timeoutMs ?? 5000)];
  }
  const sources: Source[] = [];
  for (const file of request.files) sources.push(await readSource(file, request.stdin));
  return sources;
}

async function readDefault(request: LoadRequest, warnings: string[]): Promise<Source[]> {
  try {
    return [await readSource(request.defaultFile ?? defaultFile)];
  } catch (error) {
    if (isAbsent(error)) return [];
    if (!request.client || !isForbidden(error)) throw error;
    warnings.push(`${messageOf(error)}; defaults and variables are used`);
    return [];
  }
}

function overlaysOf(
  values: Readonly<Record<string, ConfigValue>>,
  place: (key: string) => string,
): Overlay[] {
  return Object.entries(values).map(([key, value]) => ({ key: key.toLowerCase(), value, place: place(key) }));
}

function lowerKeys(values: Readonly<Record<string, ConfigValue>>): Record<string, ConfigValue> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
}
