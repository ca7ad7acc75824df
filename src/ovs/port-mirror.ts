// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { OvsDatabase } from './database.js';
import { claimOf, probeIdName, takeFromBridges } from './probe-rows.js';
import { mapOf, type Reference, referencesOf, referenceTo } from './value.js';

export interface PortMirrorOptions {
  readonly database: OvsDatabase;
  /** UUID of the row of the port whose packets are copied. */
  readonly port: string;
  readonly logger: Logger;
}

function named(name: string): Reference {
  return ['named-uuid', name];
}

function nameOf(port: string): string {
  return `mir${port.slice(0, 5)}`;
}

/** Copies of the packets of a port come out of an interface of their own, as long as this is there. */
export class PortMirror {
  /** Of the interface that the copies come out of. */
  readonly name: string;
  readonly #options: PortMirrorOptions;
  readonly #claim: string;
  readonly #mirror: string;
  readonly #output: string;

  private constructor(options: PortMirrorOptions, claim: string, mirror: string, output: string) {
    this.name = nameOf(options.port);
    this.#options = options;
    this.#claim = claim;
    this.#mirror = mirror;
    this.#output = output;
  }

  /** Rejects when no bridge has the port, it is mirrored already, or the database cannot be reached. */
  static async start(options: PortMirrorOptions): Promise<PortMirror> {
    const { database, port } = options;
    const claim = claimOf('Mirror', port);
    if (database.claimed.has(claim)) throw new Error('a capture mirrors this port already');
    database.claimed.add(claim);
    try {
      const name = nameOf(port);
      const external_ids = mapOf({ [probeIdName]: port });
      const [, output, mirror, bridges] = await database.transact([
        {
          op: 'insert',
          table: 'Interface',
          'uuid-name': 'skydive_interface',
          row: { name, type: 'internal', external_ids },
        },
        {
          op: 'insert',
          table: 'Port',
          'uuid-name': 'skydive_port',
          row: { name, interfaces: named('skydive_interface'), external_ids },
        },
        {
          op: 'insert',
          table: 'Mirror',
          'uuid-name': 'skydive_mirror',
          row: {
            name,
            select_src_port: referenceTo(port),
            select_dst_port: referenceTo(port),
            output_port: named('skydive_port'),
            external_ids,
          },
        },
        {
          op: 'mutate',
          table: 'Bridge',
          where: [['ports', 'includes', referenceTo(port)]],
          mutations: [
            ['ports', 'insert', named('skydive_port')],
            ['mirrors', 'insert', named('skydive_mirror')],
          ],
        },
      ]);
      if (bridges?.count !== 1) throw new Error(`no bridge has the port ${port}: it is gone`);
      const [mirrorUuid = '', outputUuid = ''] = [mirror, output].map(
        (inserted) => referencesOf(inserted?.uuid)[0],
      );
      return new PortMirror(options, claim, mirrorUuid, outputUuid);
    } catch (error) {
      database.claimed.delete(claim);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { database, port, logger } = this.#options;
    database.claimed.delete(this.#claim);
    try {
      await database.transact([
        takeFromBridges('mirrors', [this.#mirror]),
        takeFromBridges('ports', [this.#output]),
      ]);
    } catch (error) {
      logger.warn(`the mirror of port ${port} goes at the next connection: now ${messageOf(error)}`);
    }
  }
}
