// SPDX-License-Identifier: Apache-2.0

import { readFileSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';

/** User → hash of the password, as the lines of an htpasswd file have them; further fields are ignored. */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [user, hash] = trimmed.split(':');
    if (user !== undefined && hash !== undefined) users.set(user, hash);
  }
  return users;
}

/** An htpasswd file that is read again when it changed. While it cannot be read, the last content counts. */
export class HtpasswdFile {
  readonly #path: string;
  readonly #logger: Logger;
  #users: ReadonlyMap<string, string>;
  #seen: string;
  #complaint = '';

  /** Throws SKY_E_CONFIG when the file cannot be read. */
  constructor(path: string, key: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
    try {
      this.#seen = fingerprint(statSync(path));
      this.#users = parseHtpasswd(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new SkydiveError('SKY_E_CONFIG', `${key}: cannot read ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** A hash of the kind that the file has, for users that are not in it. */
  get decoy(): string | undefined {
    return this.#users.values().next().value;
  }

  async hashOf(user: string): Promise<string | undefined> {
    try {
      const seen = fingerprint(await stat(this.#path));
      if (seen !== this.#seen) {
        this.#users = parseHtpasswd(readFileSync(this.#path, 'utf8'));
        this.#seen = seen;
        this.#logger.info(`${this.#path}: changed, ${this.#users.size} users`);
      }
      this.#complaint = '';
    } catch (error) {
      if (messageOf(error) !== this.#complaint) {
        this.#complaint = messageOf(error);
        this.#logger.error(`cannot read ${this.#path}, its last content counts: ${this.#complaint}`);
      }
    }
    return this.#users.get(user);
  }
}

function fingerprint({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}
