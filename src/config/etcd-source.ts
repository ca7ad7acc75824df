// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Source } from './source.js';

const maxBytes = 8 * 1024 * 1024;

/**
 * Reads the YAML text that an etcd server keeps under a key: `http://host:port/path/to/key`, API v2 (etcd
 * documentation v2.3, "keys API"). Read once, not watched. Throws SKY_E_CONFIG naming the URL without credentials.
 */
export async function readEtcd(location: string, timeoutMs: number): Promise<Source> {
  let url: URL;
  try {
    url = new URL(location);
  } catch {
    throw fault(location, 'it is not a URL; write -c http://host:port/path/to/key');
  }
  const name = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fault(name, 'it must be an http or https URL');
  if (url.pathname === '/') throw fault(name, 'the key is missing; write -c http://host:port/path/to/key');
  const headers: Record<string, string> = { accept: 'application/json' };
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  const text = await request(`${url.protocol}//${url.host}/v2/keys${url.pathname}`, headers, name, timeoutMs);
  return { name, text: nodeValue(text, name) };
}

async function request(
  url: string,
  headers: Record<string, string>,
  name: string,
  timeoutMs: number,
): Promise<string> {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw fault(name, `the answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    if (answer.ok) return text;
    throw fault(name, `etcd answered ${answer.status}: ${etcdMessage(text)}`);
  } catch (error) {
    if (error instanceof SkydiveError) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw fault(name, `${messageOf(cause)}; check that etcd listens there`, error);
  }
}

function nodeValue(text: string, name: string): string {
  let answer: { node?: { value?: unknown; dir?: boolean } };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    throw fault(name, 'the answer is no JSON; is it an etcd server with API v2?');
  }
  if (typeof answer?.node?.value === 'string') return answer.node.value;
  throw fault(
    name,
    answer?.node?.dir ? 'it is a folder; name a key' : 'the answer has no value; is API v2 on?',
  );
}

function etcdMessage(text: string): string {
  try {
    const { message, cause } = JSON.parse(text) as { message?: string; cause?: string };
    if (message) return cause ? `${message} (${cause})` : message;
  } catch {
    // Not etcd's JSON: the first line says enough.
  }
  return text.split('\n', 1)[0]?.slice(0, 200) || 'nothing';
}

function fault(name: string, why: string, cause?: unknown): SkydiveError {
  return new SkydiveError('SKY_E_CONFIG', `cannot read configuration ${name}: ${why}`, { cause });
}
