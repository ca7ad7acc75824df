// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownProgram } from './own-program.js';

test('a script is started again by the same interpreter with the same options', () => {
  const { command, args, file } = ownProgram();
  assert.equal(command, process.execPath);
  assert.deepEqual(args, [...process.execArgv, process.argv[1]]);
  assert.equal(file, process.argv[1]);
});

test('the single executable is started again by itself', () => {
  assert.deepEqual(ownProgram(true), { command: process.execPath, args: [], file: process.execPath });
});
