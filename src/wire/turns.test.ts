// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { ReadBudget } from './read-budget.js';
import { Turns } from './turns.js';

const round = () => new Promise((resolve) => setImmediate(resolve));

test('tasks take turns, one step each, and the event loop goes on between rounds', async () => {
  const turns = new Turns({ budgetMs: 0 });
  const order: string[] = [];
  const task = (name: string, steps: number) => ({
    step: () => {
      order.push(name);
      return --steps > 0;
    },
  });
  const [first, second] = [task('a', 3), task('b', 2)];
  turns.wake(first);
  turns.wake(second);
  turns.wake(first);
  assert.deepEqual(order, []);
  for (let n = 1; n <= 6; n++) {
    await round();
    // With a budget of nothing, one step a round.
    assert.ok(order.length <= n);
  }
  assert.deepEqual(order, ['a', 'b', 'a', 'b', 'a']);
});

test('a task that woke itself while it ran is done again', async () => {
  const turns = new Turns();
  let steps = 0;
  const task = {
    step: () => {
      steps++;
      if (steps === 1) turns.wake(task);
      return false;
    },
  };
  turns.wake(task);
  for (let n = 0; n < 3; n++) await round();
  assert.equal(steps, 2);
  turns.wake(task);
  await round();
  assert.equal(steps, 3);
});

test('sockets that find the budget spent wait, and are resumed some a round, in order', async () => {
  const budget = new ReadBudget(128 * 1024);
  const log: string[] = [];
  const socket = (name: string) => ({
    pauseReading: () => void log.push(`pause ${name}`),
    resumeReading: () => void log.push(`resume ${name}`),
  });
  const sockets = ['a', 'b', 'c', 'd', 'e'].map(socket);
  for (const each of sockets) budget.spend(each, 64 * 1024);
  // The first two fit.
  assert.deepEqual(log, ['pause c', 'pause d', 'pause e']);
  budget.forget(sockets[3]!);
  await round();
  await round();
  assert.deepEqual(log.slice(3), ['resume c', 'resume e']);
});
