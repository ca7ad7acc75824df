// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { JsonCursor } from '../json/cursor.js';
import { encodeJson } from '../json/encode.js';
import { type MessageHead, Payload, type StructMessage } from './message.js';

/** Messages above this are taken apart in slices instead of being decoded at once: about a millisecond of work. */
export const slicedBytes = 128 * 1024;

interface Fields {
  namespace: string;
  type: string;
  uuid: string;
  status: number;
}

/** Decodes a message at once. Keys match whatever their case, unknown ones are ignored. Throws SKY_E_WIRE. */
export function decodeJson(bytes: Buffer): StructMessage {
  let decoded: unknown;
  try {
    decoded = JSON.parse(bytes.toString('utf8'));
  } catch (thrown) {
    throw new SkydiveError('SKY_E_WIRE', `the message is not JSON: ${String(thrown)}`, { cause: thrown });
  }
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
    throw new SkydiveError('SKY_E_WIRE', 'the message is not a JSON object');
  }
  const fields = noFields();
  let payload = Payload.ofBytes(bytes.subarray(0, 0));
  for (const [key, value] of Object.entries(decoded)) {
    if (isObj(key)) payload = Payload.ofValue(value);
    else setField(fields, key, value);
  }
  return { ...fields, format: 'json', payload };
}

/** As `decodeJson`, leaving `Obj` encoded and giving the thread back now and then. */
export function* decodeJsonSliced(bytes: Buffer): Generator<void, StructMessage> {
  const cursor = new JsonCursor(bytes);
  const fields = noFields();
  let payload = Payload.ofBytes(bytes.subarray(0, 0));
  if (!cursor.enterObject()) throw new SkydiveError('SKY_E_WIRE', 'the message is not a JSON object');
  for (let key = cursor.nextKey(true); key !== undefined; key = cursor.nextKey(false)) {
    if (!isObj(key)) {
      setField(fields, key, cursor.value());
      continue;
    }
    cursor.peek();
    const start = cursor.at;
    yield* cursor.skipSliced();
    payload = Payload.ofBytes(bytes.subarray(start, cursor.at));
  }
  cursor.finish();
  return { ...fields, format: 'json', payload };
}

/** The text before the payload; `}` follows it. Zero values are left out, `Obj` is always there. */
export function encodeJsonHead(head: Required<MessageHead>): string {
  let text = '{';
  if (head.namespace !== '') text += `"Namespace":${encodeJson(head.namespace)},`;
  if (head.type !== '') text += `"Type":${encodeJson(head.type)},`;
  if (head.uuid !== '') text += `"UUID":${encodeJson(head.uuid)},`;
  if (head.status !== 0) text += `"Status":${head.status},`;
  return `${text}"Obj":`;
}

function noFields(): Fields {
  return { namespace: '', type: '', uuid: '', status: 0 };
}

function isObj(key: string): boolean {
  return key === 'Obj' || key.toLowerCase() === 'obj';
}

function setField(fields: Fields, key: string, value: unknown): void {
  const name = key.toLowerCase();
  if (name !== 'namespace' && name !== 'type' && name !== 'uuid' && name !== 'status') return;
  // Go leaves a field as it is where the JSON has null.
  if (value === null) return;
  if (name === 'status') {
    if (typeof value !== 'number' || !Number.isInteger(value)) wrongType(key, 'an integer');
    fields.status = value;
  } else {
    if (typeof value !== 'string') wrongType(key, 'a string');
    fields[name] = value;
  }
}

function wrongType(key: string, wanted: string): never {
  throw new SkydiveError('SKY_E_WIRE', `${key} of a message has to be ${wanted}`);
}
