// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';
import type { EtcdServers } from './servers.js';

/** Members that are zero or empty are left out; 64-bit numbers are strings. */
export interface V3KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

export interface V3Range {
  readonly header: { readonly revision: string };
  readonly kvs?: readonly V3KeyValue[];
}

/** Lone surrogates aside, any text goes through: the gateway takes bytes as base64. */
export function encodeText(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function decodeText(base64 = ''): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** One request to the gateway. Rejects with SKY_E_STORE and etcd's words when it refuses. */
export async function askV3<T>(servers: EtcdServers, path: string, body: object): Promise<T> {
  const { status, text } = await servers.ask({
    method: 'POST',
    path,
    body: JSON.stringify(body),
    type: 'application/json',
  });
  if (status === 200) {
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new SkydiveError('SKY_E_STORE', `etcd answered ${path} without JSON; is it an etcd with API v3?`);
    }
  }
  throw new SkydiveError('SKY_E_STORE', `etcd answered ${path} with ${status}: ${errorText(text)}`);
}

function errorText(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return error ?? message ?? text.slice(0, 200);
  } catch {
    return text.trim().slice(0, 200);
  }
}
