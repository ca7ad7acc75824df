// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeJson } from '../../src/wire/codec-json.js';
import { decodeProtobuf, encodeProtobufHead } from '../../src/wire/codec-protobuf.js';
import { Outgoing } from '../../src/wire/outgoing.js';
import { recordedBytes, recording } from './recording.js';

test('every recorded protobuf message is decoded as recorded and encoded to the same bytes', (t) => {
  let count = 0;
  for (const file of ['agent-topology', 'subscriber-protobuf', 'flow-subscriber']) {
    const recorded = recording(t, file);
    if (recorded === undefined) return;
    for (const message of recorded.messages) {
      if (message.b64 === undefined || message.decoded === undefined || message.op !== 'binary') continue;
      const bytes = recordedBytes(message);
      const { payload, ...head } = decodeProtobuf(bytes);
      const { Namespace = '', Type = '', UUID = '', Status = 0 } = message.decoded;
      assert.deepEqual([head.namespace, head.type, head.uuid, head.status], [Namespace, Type, UUID, Status]);
      const obj = payload.bytes();
      assert.deepEqual(Buffer.concat([encodeProtobufHead(head, obj.length), obj]), bytes);
      if (head.format === 'json' && !payload.isEmpty) assert.deepEqual(payload.json(), message.decoded.Obj);
      count++;
    }
  }
  assert.ok(count > 150, `${count} messages`);
});

test('every recorded JSON message is decoded, and encoded with the same keys in the same order', (t) => {
  let count = 0;
  for (const file of ['subscriber', 'publisher', 'replication', 'flow-subscriber']) {
    const recorded = recording(t, file);
    if (recorded === undefined) return;
    for (const { json } of recorded.messages) {
      if (json === undefined) continue;
      const { namespace, type, uuid, status, payload } = decodeJson(Buffer.from(JSON.stringify(json)));
      const { Namespace = '', Type = '', UUID = '', Status = 0, Obj } = json;
      assert.deepEqual([namespace, type, uuid, status], [Namespace, Type, UUID, Status]);
      if (Obj === undefined) continue;
      assert.deepEqual(payload.json(), Obj);
      const encoded = Outgoing.json({ namespace, type, uuid, status }, payload.json()).encode(
        'json',
      ) as Buffer;
      // The original leaves a Format on messages that went to a protobuf peer before; receivers ignore it.
      const { Format: _, ...rest } = json as Record<string, unknown>;
      assert.deepEqual(JSON.parse(encoded.toString()), rest);
      if (UUID.includes('-') && !UUID.startsWith('req-')) {
        assert.deepEqual(Object.keys(JSON.parse(encoded.toString())), Object.keys(rest));
      }
      count++;
    }
  }
  assert.ok(count > 250, `${count} messages`);
});
