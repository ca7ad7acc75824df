// SPDX-License-Identifier: Apache-2.0

import { EtcdFault, type FaultCode } from '../embedded/fault.js';
import type { Write } from '../embedded/tree.js';

/** A request to the keys API, after its parameters were read. */
export type KeysRequest =
  | { readonly kind: 'read'; readonly path: string; readonly recursive: boolean; readonly sorted: boolean }
  | {
      readonly kind: 'watch';
      readonly path: string;
      readonly recursive: boolean;
      /** 0: from now. */
      readonly fromIndex: number;
      readonly stream: boolean;
    }
  | { readonly kind: 'write'; readonly write: Write };

export type KeysMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';

/** Go's strconv.ParseBool. */
const words = new Map<string, boolean>([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/**
 * Reads the parameters of a request; those of the body count before those of the query. Throws EtcdFault where etcd
 * refuses them, in etcd's order and words (observed of etcd 3.4).
 */
export function keysRequest(method: KeysMethod, path: string, form: URLSearchParams): KeysRequest {
  const prevIndex = count(form, 'prevIndex', 203);
  const waitIndex = count(form, 'waitIndex', 203);
  const recursive = flag(form, 'recursive') ?? false;
  const sorted = flag(form, 'sorted') ?? false;
  const wait = flag(form, 'wait') ?? false;
  const dir = flag(form, 'dir') ?? false;
  flag(form, 'quorum');
  const stream = flag(form, 'stream') ?? false;
  const reading = method === 'GET' || method === 'HEAD';
  if (wait && !reading) throw refused(209, '"wait" can only be used with GET requests');
  const prevValue = form.get('prevValue') ?? undefined;
  if (prevValue === '') throw refused(201, '"prevValue" cannot be empty');
  const ttlS = form.get('ttl') === '' ? undefined : count(form, 'ttl', 202);
  const prevExist = flag(form, 'prevExist', 'invalid value for prevExist');
  const refresh = flag(form, 'refresh') ?? false;
  const value = form.get('value') ?? '';
  if (refresh && value !== '') throw refused(211, 'A value was provided on a refresh');
  if (refresh && ttlS === undefined) throw refused(212, 'No TTL value set');

  if (wait) return { kind: 'watch', path, recursive, fromIndex: waitIndex ?? 0, stream };
  if (reading) return { kind: 'read', path, recursive, sorted };
  const comparison = {
    ...(prevValue !== undefined && { prevValue }),
    ...(prevIndex !== undefined && { prevIndex }),
  };
  const lifetime = ttlS === undefined ? {} : { ttlS };
  switch (method) {
    case 'POST':
      return { kind: 'write', write: { kind: 'append', path, value, dir, ...lifetime } };
    case 'DELETE':
      return { kind: 'write', write: { kind: 'delete', path, dir, recursive, ...comparison } };
    default: {
      const condition = prevExist === undefined ? comparison : { prevExist, ...comparison };
      return { kind: 'write', write: { kind: 'put', path, value, dir, refresh, ...lifetime, ...condition } };
    }
  }
}

function flag(
  form: URLSearchParams,
  name: string,
  about = `invalid value for "${name}"`,
): boolean | undefined {
  const text = form.get(name);
  if (text === null) return undefined;
  const value = words.get(text);
  if (value === undefined) throw refused(209, about);
  return value;
}

function count(form: URLSearchParams, name: string, code: FaultCode): number | undefined {
  const text = form.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw refused(code, `invalid value for "${name}"`);
  return Number(text);
}

function refused(code: FaultCode, about: string): EtcdFault {
  return new EtcdFault(code, about, 0);
}
