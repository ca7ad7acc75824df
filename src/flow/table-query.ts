// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import { ProtobufCursor } from './protobuf-cursor.js';
import { integerField, messageField, messageHead, textField } from './protobuf-fields.js';
import { encodeSearchQuery, type SearchQuery } from './search-query.js';

/** Namespace and types of the messages between analyzers and agents. */
export const flowNamespace = 'Flow';
export const tableQueryType = 'TableQuery';
export const tableResultType = 'TableResult';

/** The only type of query that there is. */
const searchType = 'SearchQuery';

/** `TableQuery` that asks for a serialized SearchQuery. */
export function encodeTableQuery(searchQuery: Buffer): Buffer {
  return Buffer.concat([textField(1, searchType), messageField(2, [searchQuery])]);
}

/**
 * What a `TableQuery` asks for: a serialized SearchQuery, undefined for a type that nobody knows. JSON is understood, too:
 * builds of the original exist that send it. Throws SKY_E_WIRE.
 */
export function decodeTableQuery(payload: Buffer): Buffer | undefined {
  if (isJson(payload)) {
    const { Type, query } = parse(payload);
    return Type === searchType ? encodeSearchQuery((query ?? {}) as SearchQuery) : undefined;
  }
  const cursor = new ProtobufCursor(payload);
  let type = '';
  let search: Buffer = Buffer.alloc(0);
  while (cursor.next(payload.length)) {
    if (cursor.field === 1) type = cursor.text();
    else {
      if (cursor.field === 2 && cursor.isDelimited) search = payload.subarray(cursor.at, cursor.end);
      cursor.skip();
    }
  }
  return type === searchType ? search : undefined;
}

/** `TableReply` with a serialized FlowSet of each table, in parts: the sets may be large, and are not copied. */
export function encodeTableReply(sets: readonly Buffer[]): Buffer[] {
  return [integerField(1, 200), ...sets.flatMap((set) => [messageHead(2, set.length), set])];
}

/** The same in JSON. */
export function tableReplyObject(sets: readonly Buffer[]): { Status: number; FlowSetBytes?: string[] } {
  const encoded = sets.map((set) => set.toString('base64'));
  return { Status: 200, ...(encoded.length > 0 && { FlowSetBytes: encoded }) };
}

/** The serialized FlowSets of a `TableReply`, in protobuf or JSON. Throws SKY_E_WIRE. */
export function decodeTableReply(payload: Buffer): Buffer[] {
  if (isJson(payload)) {
    const { FlowSetBytes } = parse(payload);
    const list: readonly unknown[] = Array.isArray(FlowSetBytes) ? FlowSetBytes : [];
    return list.map((set) => Buffer.from(String(set), 'base64'));
  }
  const cursor = new ProtobufCursor(payload);
  const sets: Buffer[] = [];
  while (cursor.next(payload.length)) {
    if (cursor.field === 2 && cursor.isDelimited) sets.push(payload.subarray(cursor.at, cursor.end));
    cursor.skip();
  }
  return sets;
}

/** No protobuf message starts like that: it would be a field of a type that is not used any more. */
function isJson(payload: Buffer): boolean {
  return payload[0] === 0x7b;
}

function parse(payload: Buffer): { readonly [key: string]: unknown } {
  try {
    return JSON.parse(payload.toString('utf8')) as { [key: string]: unknown };
  } catch (error) {
    throw new SkydiveError('SKY_E_WIRE', 'malformed flow query: it starts as JSON but is none', {
      cause: error,
    });
  }
}
