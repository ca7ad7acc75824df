// SPDX-License-Identifier: Apache-2.0
// Files of parameters that TripleO's commands write: undercloud_parameters.yaml and container image preparation.

import { SkydiveError } from '../errors.js';
import { readVariables } from './yaml-file.js';

function parameterDefaults(path: string | undefined, what: string): Map<unknown, unknown> | undefined {
  const file = readVariables(path, what);
  if (file === undefined) return undefined;
  const defaults = file.get('parameter_defaults');
  if (defaults instanceof Map) return defaults;
  throw new SkydiveError('SKY_E_CONFIG', `${what} ${path}: has no mapping parameter_defaults`);
}

/** The undercloud's own registry, empty when the file is not given, empty or does not tell it. */
export function localRegistry(path: string | undefined): string {
  const addresses = parameterDefaults(path, 'undercloud params file')?.get('DockerInsecureRegistryAddress');
  const first: unknown = Array.isArray(addresses) ? addresses[0] : addresses;
  return typeof first === 'string' ? first : '';
}

export interface ContainerImages {
  readonly namespace: string;
  readonly tag?: string;
}

/** Namespace and tag of the images that a container parameters file prepares; undefined without such a file. */
export function preparedImages(path: string | undefined): ContainerImages | undefined {
  const defaults = parameterDefaults(path, 'container params file');
  if (defaults === undefined) return undefined;
  const prepare: unknown = defaults.get('ContainerImagePrepare');
  let namespace = 'rhosp15';
  let tag: string | undefined;
  for (const entry of Array.isArray(prepare) ? prepare : []) {
    const set: unknown = entry instanceof Map ? entry.get('set') : undefined;
    if (!(set instanceof Map)) continue;
    const path: unknown = set.get('namespace');
    if (typeof path === 'string' && path.includes('/')) namespace = path.slice(path.indexOf('/') + 1);
    const version: unknown = set.get('tag');
    if (version != null)
      tag = typeof version === 'object' && 'text' in version ? String(version.text) : String(version);
  }
  return tag === undefined ? { namespace } : { namespace, tag };
}
