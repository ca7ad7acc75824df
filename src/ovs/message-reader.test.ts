// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageReader } from './message-reader.js';

test('messages come out whole, wherever the stream is cut', () => {
  const message = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.array(message), fc.integer({ min: 1, max: 9 }), (messages, size) => {
      const stream = Buffer.from(messages.map((given) => JSON.stringify(given)).join('\n '));
      const reader = new MessageReader(1 << 20);
      const seen: unknown[] = [];
      for (let at = 0; at < stream.length; at += size) {
        for (const whole of reader.push(stream.subarray(at, at + size)))
          seen.push(JSON.parse(whole.toString()));
      }
      assert.deepEqual(seen, JSON.parse(JSON.stringify(messages)));
    }),
    { numRuns: 100 },
  );
});

test('a message of some megabytes comes out of many pieces', () => {
  const text = JSON.stringify({
    result: Array.from({ length: 60_000 }, (_, index) => `row ${index} of many`),
  });
  const stream = Buffer.from(text.repeat(2));
  const reader = new MessageReader(4 << 20);
  const seen: string[] = [];
  for (let at = 0; at < stream.length; at += 65_536) {
    for (const whole of reader.push(stream.subarray(at, at + 65_536))) seen.push(whole.toString());
  }
  assert.deepEqual(seen, [text, text]);
});

test('what is no object is refused', () => {
  assert.throws(() => [...new MessageReader(100).push(Buffer.from('HTTP/1.1 400'))], {
    code: 'SKY_E_BAD_REQUEST',
  });
});

test('a message that is too long is refused', () => {
  const reader = new MessageReader(100);
  assert.throws(() => [...reader.push(Buffer.from(`{"a":"${'x'.repeat(100)}`))], { code: 'SKY_E_TOO_LARGE' });
});
