// SPDX-License-Identifier: Apache-2.0

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { parseAddress } from '../../config/address.js';
import { messageOf } from '../../errors.js';
import type { Given } from './question.js';

/** Why the folder is none that `skydive tls init` wrote. */
export function wrongTlsFolder(text: string): string | undefined {
  if (text === '' || existsSync(join(resolve(text), 'ca.crt'))) return undefined;
  return `there is no ca.crt in ${resolve(text)}: make it with "skydive tls init ${text} --analyzer HOST --agent HOST"`;
}

/** Why there is no pair of this host in the folder, or none that serves. */
export function wrongTlsHost(host: string, { role, tls = '', listen }: Given): string | undefined {
  const kind = role === 'agent' ? 'agent' : 'analyzer';
  const path = join(resolve(tls), `${kind}-${host}.crt`);
  const make = (names: string) => `make it with "skydive tls init ${tls} --${kind} ${names}"`;
  if (!existsSync(path)) return `there is no ${path}: ${make(host)}`;
  if (role !== 'allinone') return undefined;
  // The agent of this host connects there.
  const { host: at } = parseAddress(listen ?? '');
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[at] ?? at;
  try {
    const certificate = new X509Certificate(readFileSync(path));
    const named = isIP(address) === 0 ? certificate.checkHost(address) : certificate.checkIP(address);
    if (named !== undefined) return undefined;
  } catch (error) {
    return `cannot read ${path}: ${messageOf(error)}`;
  }
  return `${path} does not name ${address}, where the agent connects: ${make(`${host},${address}`)} --force`;
}
