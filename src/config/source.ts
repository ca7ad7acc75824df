// SPDX-License-Identifier: Apache-2.0

import { open } from 'node:fs/promises';
import { messageOf, SkydiveError } from '../errors.js';

/** A configuration text and the name that messages give it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

export const defaultFile = '/etc/skydive/skydive.yml';

/** Far above any configuration; a wrong path (`-c /var/log/…`) must not fill the memory. */
const maxBytes = 8 * 1024 * 1024;

/** Reads one file; `-` is standard input. Throws SKY_E_CONFIG naming it. */
export async function readSource(
  file: string,
  stdin: () => AsyncIterable<Uint8Array> = () => process.stdin,
): Promise<Source> {
  if (file === '-') return { name: 'standard input', text: await readAll(stdin(), 'standard input') };
  try {
    const handle = await open(file, 'r');
    try {
      return { name: file, text: await readAll(handle.createReadStream({ autoClose: false }), file) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof SkydiveError) throw error;
    throw new SkydiveError('SKY_E_CONFIG', `cannot read configuration ${file}: ${reason(error)}`, {
      cause: error,
    });
  }
}

/** True when an error of `readSource` means that the file is not there. */
export function isAbsent(error: unknown): boolean {
  const code = causeCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** True when an error of `readSource` means that this user may not read the file. */
export function isForbidden(error: unknown): boolean {
  const code = causeCode(error);
  return code === 'EACCES' || code === 'EPERM';
}

function causeCode(error: unknown): unknown {
  return error instanceof SkydiveError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
}

async function readAll(stream: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `${name} is larger than ${maxBytes} bytes: is it a configuration?`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such file; check the path given with -c';
    case 'EACCES':
      return 'permission denied; run as a user that may read it, or mend its mode';
    case 'EISDIR':
      return 'it is a folder; name a file';
    default:
      return messageOf(error);
  }
}
