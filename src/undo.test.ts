// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UndoStack } from './undo.js';

function recording() {
  const errors: string[] = [];
  return { errors, logger: { debug() {}, info() {}, warn() {}, error: (text: string) => errors.push(text) } };
}

test('what was started is undone once, last first, whatever a step throws', async () => {
  const { errors, logger } = recording();
  const undo = new UndoStack(logger);
  const done: string[] = [];
  undo.push(() => done.push('first'));
  undo.push(() => {
    throw new Error('stuck');
  });
  undo.push(async () => done.push('last'));
  await undo.run();
  await undo.run();
  assert.deepEqual(done, ['last', 'first']);
  assert.deepEqual(errors, ['while stopping: stuck']);
});

test('a start that fails undoes what it had begun and fails with its own reason', async () => {
  const { logger } = recording();
  const undo = new UndoStack(logger);
  let open = false;
  const start = undo.guard(async () => {
    open = true;
    undo.push(() => {
      open = false;
    });
    throw new Error('the port is taken');
  });
  await assert.rejects(start, /the port is taken/);
  assert.equal(open, false);
});
