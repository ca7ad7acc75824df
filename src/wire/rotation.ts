// SPDX-License-Identifier: Apache-2.0

import { stat } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import type { Config } from '../config/key.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log/logger.js';
import { type Certificates, certificatePaths, certificatesOf, outOfTime, type Side } from './certificates.js';

const lookMs = 5000;

/**
 * The certificates of one side, read again when a file changed. New connections use the new ones; those that are open
 * stay. Files that do not fit together (half of a rotation) are refused with a line in the log, and the old ones stay.
 */
export class RotatingCertificates {
  readonly #config: Config;
  readonly #side: Side;
  readonly #logger: Logger;
  readonly #listeners = new Set<(certificates: Certificates) => void>();
  #current: Certificates;
  #seen = '';
  #complaint = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(config: Config, side: Side, logger: Logger, current: Certificates) {
    this.#config = config;
    this.#side = side;
    this.#logger = logger;
    this.#current = current;
  }

  /** Undefined when the side goes without TLS. Throws SKY_E_CONFIG when its files are of no use. */
  static open(config: Config, side: Side, logger: Logger): RotatingCertificates | undefined {
    const current = certificatesOf(config, side);
    if (current === undefined) return undefined;
    const rotating = new RotatingCertificates(config, side, logger, current);
    rotating.#warn();
    return rotating;
  }

  get current(): Certificates {
    return this.#current;
  }

  /** For connections to be made: each reading gives the certificates of that moment. */
  get clientOptions(): SecureContextOptions {
    const current = () => this.#current;
    return {
      get cert() {
        return current().cert;
      },
      get key() {
        return current().key;
      },
      get ca() {
        return current().ca;
      },
      minVersion: 'TLSv1.2',
    };
  }

  on(listener: (certificates: Certificates) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(everyMs = lookMs): void {
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
    void this.look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the files, and takes what is new. */
  async look(): Promise<void> {
    const paths = certificatePaths(this.#config, this.#side);
    const seen = (await Promise.all(paths.map(fingerprint))).join('\n');
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      const next = certificatesOf(this.#config, this.#side);
      this.#complaint = '';
      if (next === undefined || same(next, this.#current)) return;
      this.#current = next;
      this.#logger.info(`TLS: the ${this.#side} certificate was read anew`);
      this.#warn();
      for (const listener of this.#listeners) listener(next);
    } catch (error) {
      const complaint = messageOf(error);
      if (complaint !== this.#complaint)
        this.#logger.error(`TLS: ${complaint}; the certificate before it stays`);
      this.#complaint = complaint;
    }
  }

  #warn(): void {
    const why = outOfTime(this.#current.cert);
    const path = this.#config.getString(`tls.${this.#side}_cert`);
    if (why !== undefined)
      this.#logger.error(`TLS: tls.${this.#side}_cert: ${path}: ${why}: others will refuse it`);
  }
}

async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return messageOf(error);
  }
}

function same(a: Certificates, b: Certificates): boolean {
  const ca = (each: Certificates) => each.ca ?? Buffer.alloc(0);
  return a.cert.equals(b.cert) && a.key.equals(b.key) && ca(a).equals(ca(b));
}
