// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HashTurns } from './hash-turns.js';

/** Work that is finished by the test, and the order in which it began. */
function scene(limits: ConstructorParameters<typeof HashTurns>[0]) {
  const turns = new HashTurns(limits);
  const began: string[] = [];
  const finish: (() => void)[] = [];
  const take = (from: string, name: string) =>
    turns.take(from, () => {
      began.push(name);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
  return { turns, began, finish, take };
}

test('a few at a time, addresses in turn: one that sends many waits behind itself', async () => {
  const { began, finish, take } = scene({ atOnce: 1 });
  const all = [...'12345'].map((name) => take('bad', `bad ${name}`));
  all.push(take('good', 'good'), take('other', 'other'));
  for (let at = 0; at < 7; at++) {
    await setImmediate();
    assert.equal(began.length, at + 1, 'one at a time');
    finish[at]!();
  }
  await Promise.all(all);
  assert.deepEqual(began, ['bad 1', 'bad 2', 'good', 'other', 'bad 3', 'bad 4', 'bad 5']);
});

test('work that fails gives its turn away too', async () => {
  const turns = new HashTurns({ atOnce: 1 });
  const failing = turns.take('a', () => Promise.reject(new Error('broken')));
  const next = turns.take('a', () => Promise.resolve('done'));
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 'done');
});

test('what waits is bounded, in all and for each address, and what found no room is counted', async () => {
  const { turns, began, finish, take } = scene({ atOnce: 1, waiting: 3, waitingOfOne: 2 });
  const taken = [take('a', '1'), take('a', '2'), take('a', '3')];
  const refusal = { code: 'SKY_E_UNAUTHORIZED', message: /Too many logins at once/ };
  await assert.rejects(take('a', '4'), refusal);
  taken.push(take('b', '5'));
  await assert.rejects(take('c', '6'), refusal);
  assert.equal(turns.refused, 2);
  for (let at = 0; at < 4; at++) {
    await setImmediate();
    finish[at]!();
  }
  await Promise.all(taken);
  assert.deepEqual(began.sort(), ['1', '2', '3', '5']);
});
