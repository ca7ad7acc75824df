// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Address, parseAddress } from '../../config/address.js';
import { CommandFailure } from '../failure.js';
import { openCommand } from '../settings.js';
import { askPassword } from './password.js';

/** How the client reaches its analyzer. */
export interface Connection {
  readonly address: Address;
  readonly username: string;
  readonly password: string;
  /** https, with these PEM texts; http without. */
  readonly tls?: {
    readonly cert: Buffer;
    readonly key: Buffer;
    readonly ca?: Buffer;
    readonly insecure: boolean;
  };
}

interface ClientOptions {
  readonly analyzer?: string;
  readonly username?: string;
  readonly password?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

const defaultAnalyzer = '127.0.0.1:8082';

/** The options that all client commands share. */
export function addOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--analyzer <host:port>',
        `analyzer to talk to (default: analyzers of the configuration, else ${defaultAnalyzer})`,
      ).env('SKYDIVE_ANALYZER'),
    )
    .addOption(new Option('--username <name>', 'user of the analyzer').env('SKYDIVE_USERNAME'))
    .addOption(new Option('--password <text>', 'password of that user').env('SKYDIVE_PASSWORD'))
    .option('--cacert <file>', 'certificate authority that the analyzer has to be vouched for by')
    .option('--cert <file>', 'client certificate; with --key it selects https')
    .option('--key <file>', 'key of the client certificate')
    .option('--insecure', 'do not check the certificate of the analyzer');
}

async function pem(file: string, option: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandFailure(`${option}: ${(error as Error).message}`, { cause: error });
  }
}

/** Address: option, else SKYDIVE_ANALYZER, else `analyzers` of the configuration, else the default. */
async function analyzerOf(command: Command, given: string | undefined): Promise<Address> {
  // The configuration is loaded in any case: an unusable one that was asked for is an error for every command.
  const { config } = await openCommand(command, { client: true });
  if (given !== undefined && given !== '') return parseAddress(given);
  const analyzers = config.isSet('analyzers') ? config.getList('analyzers') : [];
  return parseAddress(analyzers[Math.floor(Math.random() * analyzers.length)] ?? defaultAnalyzer);
}

/** Reads the shared options of a client command. Throws when an address or file is unusable. */
export async function connectionOf(command: Command): Promise<Connection> {
  const { analyzer, username, password, cacert, cert, key, insecure } =
    command.optsWithGlobals<ClientOptions>();
  const connection = {
    address: await analyzerOf(command, analyzer),
    username: username ?? '',
    password: password ?? (username ? await askPassword(username) : ''),
  };
  if (!cert || !key) return connection;
  return {
    ...connection,
    tls: {
      cert: await pem(cert, '--cert'),
      key: await pem(key, '--key'),
      ...(cacert ? { ca: await pem(cacert, '--cacert') } : {}),
      insecure: insecure === true,
    },
  };
}
