// SPDX-License-Identifier: Apache-2.0

import { decodeFlow } from './decode-flow.js';
import type { Flow } from './flow.js';
import { ProtobufCursor } from './protobuf-cursor.js';

/**
 * The flows of a serialized `FlowSet` or `Message`, one after the other, so that whoever takes them can let others run
 * in between. Throws SKY_E_WIRE at bytes that are none.
 */
export function* flowsOf(set: Buffer): Generator<Flow, void, undefined> {
  const cursor = new ProtobufCursor(set);
  while (cursor.next(set.length)) {
    if (cursor.field === 1 && cursor.isDelimited) yield decodeFlow(cursor, cursor.end);
    else cursor.skip();
  }
}
