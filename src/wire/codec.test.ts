// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeJson, decodeJsonSliced, encodeJsonHead } from './codec-json.js';
import { decodeProtobuf, encodeProtobufHead } from './codec-protobuf.js';
import type { StructMessage } from './message.js';
import { Outgoing } from './outgoing.js';

const uuid = '6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506';
// wire-protocol.md §4.3
const nodeDeleted = Buffer.concat([
  Buffer.from('0a054772617068120b4e6f646544656c657465641a24', 'hex'),
  Buffer.from(uuid),
  Buffer.from('20c801320b7b224944223a226e31227d', 'hex'),
]);

function drain(bytes: Buffer): StructMessage {
  const sliced = decodeJsonSliced(bytes);
  for (;;) {
    const next = sliced.next();
    if (next.done === true) return next.value;
  }
}

test('the worked example of the protobuf envelope is encoded and decoded', () => {
  const message = Outgoing.json({ namespace: 'Graph', type: 'NodeDeleted', uuid }, { ID: 'n1' });
  assert.deepEqual(message.encode('protobuf'), nodeDeleted);
  const { payload, ...head } = decodeProtobuf(nodeDeleted);
  assert.deepEqual(head, { namespace: 'Graph', type: 'NodeDeleted', uuid, status: 200, format: 'json' });
  assert.deepEqual(payload.json(), { ID: 'n1' });
});

test('a protobuf payload has Format 1 on a protobuf connection and is inlined on a JSON one', () => {
  const head = { namespace: 'Flow', type: 'TableQuery', uuid };
  const message = Outgoing.protobuf(head, Buffer.from('0a0b', 'hex'), () => ({ Type: 'SearchQuery' }));
  const bytes = message.encode('protobuf') as Buffer;
  assert.equal(bytes.subarray(-9).toString('hex'), '20c8012801' + '32020a0b');
  assert.equal(decodeProtobuf(bytes).format, 'protobuf');
  assert.equal(
    (message.encode('json') as Buffer).toString(),
    `{"Namespace":"Flow","Type":"TableQuery","UUID":"${uuid}","Status":200,"Obj":{"Type":"SearchQuery"}}`,
  );
});

test('every protobuf envelope survives encoding and decoding', () => {
  const field = fc.string({ unit: 'grapheme' });
  const status = fc.maxSafeInteger();
  fc.assert(
    fc.property(
      field,
      field,
      field,
      status,
      fc.boolean(),
      fc.uint8Array(),
      (namespace, type, id, code, pb, obj) => {
        const format = pb ? 'protobuf' : 'json';
        const head = { namespace, type, uuid: id, status: code, format } as const;
        const { payload, ...decoded } = decodeProtobuf(
          Buffer.concat([encodeProtobufHead(head, obj.length), obj]),
        );
        assert.deepEqual(decoded, head);
        assert.deepEqual(payload.bytes(), Buffer.from(obj));
      },
    ),
  );
});

test('unknown protobuf fields are skipped, malformed bytes refused', () => {
  const unknown = Buffer.from(`0a015838ff014202aabb49${'00'.repeat(8)}55${'00'.repeat(4)}`, 'hex');
  assert.equal(decodeProtobuf(unknown).namespace, 'X');
  const malformed = ['0a', '0a05', '0aff', '20', '08', '0000', '0b', '0a0180', '20ffffffffffffffffffff01'];
  for (const hex of malformed) {
    assert.throws(() => decodeProtobuf(Buffer.from(hex, 'hex')), { code: 'SKY_E_WIRE' }, hex);
  }
});

test('no bytes at all make the protobuf decoder do anything but decode or refuse', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeProtobuf(Buffer.from(bytes));
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'SKY_E_WIRE');
      }
    }),
  );
});

test('a JSON message has its keys in order and leaves empty ones out, but for Obj', () => {
  const empty = { namespace: '', type: '', uuid: '', status: 0 };
  assert.equal(`${encodeJsonHead(empty)}null}`, '{"Obj":null}');
  const head = { namespace: 'Graph', type: 'SyncReply', uuid: '', status: 400 };
  assert.equal(
    `${encodeJsonHead(head)}"no"}`,
    '{"Namespace":"Graph","Type":"SyncReply","Status":400,"Obj":"no"}',
  );
});

for (const [name, decode] of [
  ['at once', decodeJson],
  ['in slices', drain],
] as const) {
  test(`JSON is decoded ${name}: keys in any case, unknown ones ignored, null is nothing`, () => {
    const text =
      '{"namespace":"G","TYPE":"T","Extra":[1],"UUID":null,"status":200,"Format":1,"oBj":{"a":[1,"}"]}}';
    const { payload, ...head } = decode(Buffer.from(text));
    assert.deepEqual(head, { namespace: 'G', type: 'T', uuid: '', status: 200, format: 'json' });
    assert.deepEqual(payload.json(), { a: [1, '}'] });
  });

  test(`JSON is decoded ${name}: a missing Obj is empty, a null one is not`, () => {
    const missing = decode(Buffer.from('{"Type":"SyncRequest"}'));
    assert.ok(missing.payload.isEmpty);
    assert.throws(() => missing.payload.json(), { code: 'SKY_E_WIRE' });
    const none = decode(Buffer.from('{"Type":"SyncRequest","Obj":null}'));
    assert.ok(!none.payload.isEmpty);
    assert.equal(none.payload.json(), null);
  });

  test(`JSON is decoded ${name}: what is malformed is refused`, () => {
    for (const text of [
      '',
      '[]',
      '5',
      'null',
      '{',
      '{"Type":5}',
      '{"Status":"x"}',
      '{"Status":1.5}',
      '{"Type"}',
      '{}x',
    ]) {
      assert.throws(() => decode(Buffer.from(text)), /.+/, text);
    }
  });
}

function chunked(parts: readonly string[], released: () => void): Outgoing {
  return Outgoing.chunked({ namespace: 'Graph', type: 'Sync', uuid }, () => {
    let at = 0;
    return { next: () => parts[at++], release: released };
  });
}

for (const protocol of ['json', 'protobuf'] as const) {
  test(`a chunked ${protocol} message is the same bytes as a whole one`, () => {
    const whole = Outgoing.text({ namespace: 'Graph', type: 'Sync', uuid }, () => '{"Nodes":null}');
    for (const parts of [['{"Nodes":null}'], ['{"No', 'des":', 'null}']]) {
      let released = 0;
      const pieces = chunked(parts, () => released++).encode(protocol);
      assert.ok(!Buffer.isBuffer(pieces));
      const frames: Buffer[] = [];
      for (let last = false; !last; ) {
        const piece = pieces.next();
        if (piece === undefined) continue;
        frames.push(piece.bytes);
        last = piece.last;
      }
      assert.deepEqual(Buffer.concat(frames), whole.encode(protocol));
      pieces.release();
      assert.equal(released, 1);
    }
  });
}
