// SPDX-License-Identifier: Apache-2.0

import type { ProtobufCursor } from './protobuf-cursor.js';

/** How a field becomes JSON. `count` is an integer that is shown when it is 0, too. */
type FieldType = 'integer' | 'count' | 'text' | 'texts' | 'true' | 'base64' | 'time' | Schema | [Schema];

/** Field number, JSON name and type, in the order of the JSON. */
export type Schema = readonly (readonly [number, string, FieldType])[];

const placesOf = new WeakMap<Schema, ReadonlyMap<number, number>>();

/** A message that ends at `end` as its JSON object: what is zero or empty is left out. */
export function decodeRecord(
  cursor: ProtobufCursor,
  end: number,
  schema: Schema,
): { readonly [field: string]: unknown } {
  let places = placesOf.get(schema);
  if (places === undefined) {
    places = new Map(schema.map(([field], place) => [field, place]));
    placesOf.set(schema, places);
  }
  const values: unknown[] = schema.map(([, , type]) => (type === 'count' ? 0 : undefined));
  while (cursor.next(end)) {
    const place = places.get(cursor.field);
    if (place === undefined) cursor.skip();
    else values[place] = fieldValue(cursor, schema[place]![2], values[place]);
  }
  const record: { [field: string]: unknown } = {};
  for (const [place, [, name]] of schema.entries())
    if (values[place] !== undefined) record[name] = values[place];
  return record;
}

function fieldValue(cursor: ProtobufCursor, type: FieldType, before: unknown): unknown {
  switch (type) {
    case 'integer':
      return cursor.integer() || undefined;
    case 'count':
      return cursor.integer();
    case 'text':
      return cursor.text() || undefined;
    case 'texts':
      return [...((before as string[] | undefined) ?? []), cursor.text()];
    case 'true':
      return cursor.integer() !== 0 || undefined;
    case 'base64':
      return cursor.base64() || undefined;
    default:
      break;
  }
  if (!cursor.isDelimited) {
    cursor.skip();
    return before;
  }
  if (type === 'time') return timeOf(cursor, cursor.end);
  const [first] = type;
  // A list of messages is spelled as a list of one schema.
  if (type.length === 1 && typeof first![0] !== 'number') {
    const list = (before as unknown[] | undefined) ?? [];
    list.push(decodeRecord(cursor, cursor.end, (type as [Schema])[0]));
    return list;
  }
  return decodeRecord(cursor, cursor.end, type as Schema);
}

/** google.protobuf.Timestamp in RFC 3339, with as many digits of the second's fraction as it takes. */
function timeOf(cursor: ProtobufCursor, end: number): string {
  let seconds = 0;
  let nanos = 0;
  while (cursor.next(end)) {
    if (cursor.field === 1) seconds = cursor.integer();
    else if (cursor.field === 2) nanos = cursor.integer();
    else cursor.skip();
  }
  const date = new Date(seconds * 1000);
  // What no calendar has is shown as the beginning of time.
  const text = (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}
