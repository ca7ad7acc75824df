// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RingBudget } from './ring-budget.js';

const MiB = 1024 * 1024;

test('the first rings have the size they want, 200 of them together half a gigabyte more or less', () => {
  const budget = new RingBudget();
  const sizes = Array.from({ length: 200 }, () => budget.take(4 * MiB));
  assert.deepEqual(new Set(sizes.slice(0, 128)), new Set([4 * MiB]));
  assert.deepEqual(new Set(sizes.slice(128)), new Set([MiB]));
  assert.equal(budget.takenBytes, 584 * MiB);
  for (const size of sizes) budget.give(size);
  assert.equal(budget.takenBytes, 0);
  assert.equal(budget.take(4 * MiB), 4 * MiB);
});

test('a ring that wants little gets it, one that wants much a quarter of it', () => {
  const budget = new RingBudget();
  budget.take(512 * MiB);
  assert.equal(budget.take(MiB / 2), MiB / 2);
  assert.equal(budget.take(2 * MiB), MiB);
  assert.equal(budget.take(32 * MiB), 8 * MiB);
});
