// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMoreThanItsUser, places } from './place.js';

const status = (uids: string, permitted: string) => `Name:\tskydive\nUid:\t${uids}\nCapPrm:\t${permitted}\n`;
const none = '0000000000000000';
const raw = '0000000000002000';

const processes: readonly [string, string, boolean][] = [
  ['a user', status('1000\t1000\t1000\t1000', none), false],
  ['root', status('0\t0\t0\t0', raw), false],
  ['a user with a capability', status('1000\t1000\t1000\t1000', raw), true],
  ['a set-user-id program of root', status('1000\t0\t0\t0', raw), true],
  ['a set-user-id program of a user', status('1000\t1001\t1001\t1001', none), true],
  ['a user of whom no more is known', 'Uid:\t1000\t1000\n', true],
  ['root of whom no more is known', 'Uid:\t0\t0\n', false],
  ['unknown', '', true],
];
for (const [who, text, expected] of processes) {
  test(`${who} ${expected ? 'may' : 'may not'} do more than its user`, () => {
    assert.equal(hasMoreThanItsUser(text), expected);
  });
}

const paths = (...args: Parameters<typeof places>) => places(...args).map(({ path }) => path);
const system = ['/usr/lib/skydive', '/var/lib/skydive-parts'];

test('folders of root come first, then one of the user', () => {
  assert.deepEqual(paths({}, '/home/me', 1000, false), [...system, '/home/me/.cache/skydive']);
  assert.deepEqual(
    paths({ XDG_CACHE_HOME: '/c', XDG_RUNTIME_DIR: '/run/user/1000' }, '/home/me', 1000, false),
    [...system, '/c/skydive', '/run/user/1000/skydive'],
  );
  assert.deepEqual(paths({ XDG_CACHE_HOME: 'c', XDG_RUNTIME_DIR: '' }, '', 1000, false), system);
});

test('only root is trusted in the folders of root, and with more than the rights of a user in no other', () => {
  for (const { path, trusted } of places({}, '/home/me', 1000, false)) {
    assert.deepEqual([...trusted], system.includes(path) ? [0] : [0, 1000], path);
  }
  assert.deepEqual(paths({ XDG_RUNTIME_DIR: '/run/user/1000' }, '/home/me', 1000, true), system);
});
