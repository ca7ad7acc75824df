// SPDX-License-Identifier: Apache-2.0

import { readFileSync, statSync } from 'node:fs';
import { messageOf, SkydiveError } from '../errors.js';
import { type Layers, type Overlay, setValue } from './layers.js';
import { secretOf } from './secret-file-key.js';
import { declaredKeys } from './validate.js';

const maxBytes = 64 * 1024;

/** Sections that only one kind of process reads. */
const owners = ['agent', 'analyzer'] as const;

/**
 * The secrets that files hold, for a process of that kind (`agent`, `analyzer`): those of the other kind may be closed
 * to its user. Read once, as the configuration is. Throws SKY_E_CONFIG naming key and file, never what is in it.
 */
export async function secretOverlays(
  layers: Layers,
  placeOf: (key: string) => string,
  service: string,
): Promise<{ overlays: Overlay[]; warnings: string[] }> {
  const overlays: Overlay[] = [];
  const warnings: string[] = [];
  for (const [key, declared] of declaredKeys(layers)) {
    if (declared.holdsSecret !== true) continue;
    if (owners.some((owner) => owner !== service && key.startsWith(`${owner}.`))) continue;
    const path = setValue(layers, key);
    if (path === undefined || path === '') continue;
    const about = `${placeOf(key)}: ${key}`;
    const of = secretOf(key);
    if (setValue(layers, of) !== undefined) {
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `${about}: ${of} is set in ${placeOf(of)} as well: remove one of them`,
      );
    }
    const text = contentOf(String(path), about, warnings);
    const type = layers.schema.find(of)?.type;
    const value = type === 'map' ? await mapOf(text, `${about}: ${path}`) : text.replace(/\r?\n$/, '');
    if (value === '') throw new SkydiveError('SKY_E_CONFIG', `${about}: ${path} is empty`);
    overlays.push({ key: of, value, place: String(path) });
  }
  return { overlays, warnings };
}

function contentOf(path: string, about: string, warnings: string[]): string {
  try {
    const { mode, size } = statSync(path);
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes: is it a password?`);
    if ((mode & 0o004) !== 0)
      warnings.push(`${about}: everybody on this host can read ${path}; chmod o-r ${path}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SkydiveError('SKY_E_CONFIG', `${about}: cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The parser is loaded when a file needs it. */
async function mapOf(text: string, about: string) {
  const { secretMap } = await import('./secret-map.js');
  return secretMap(text, about);
}
