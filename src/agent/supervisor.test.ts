// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../log/logger.js';
import { Supervisor } from './supervisor.js';

function recording(): { logger: Logger; errors: string[] } {
  const errors: string[] = [];
  return { errors, logger: { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) } };
}

function program(script: string) {
  return { name: 'analyzer', command: process.execPath, args: ['-e', script], env: process.env };
}

const backOff = { firstMs: 1, maxMs: 4, healthyMs: 60_000 };

test('a child that dies is started again, and the log says why', async () => {
  const { logger, errors } = recording();
  let ready = 0;
  const thirdTime = manual();
  const supervisor = new Supervisor(
    program("process.send('ready', () => process.exit(3))"),
    logger,
    () => {
      ready += 1;
      if (ready === 3) thirdTime.resolve();
    },
    backOff,
  );
  supervisor.start();
  await thirdTime.promise;
  await supervisor.stop();
  assert.equal(supervisor.restarts, 2);
  assert.match(errors[0] ?? '', /^the analyzer ended \(exit status 3\), starting it again in 1 ms$/);
  assert.match(errors[1] ?? '', /in 2 ms$/);
});

test('stop kills a child that does not listen', async () => {
  const { logger, errors } = recording();
  const isReady = manual();
  const supervisor = new Supervisor(
    program("process.on('SIGTERM', () => {}); process.send('ready'); setInterval(() => {}, 1000)"),
    logger,
    isReady.resolve,
    backOff,
  );
  supervisor.start();
  await isReady.promise;
  await supervisor.stop(50);
  assert.equal(supervisor.pid, undefined);
  assert.match(errors[0] ?? '', /did not end within 50 ms/);
});

test('a program that cannot be started is tried again', async () => {
  const { logger, errors } = recording();
  const supervisor = new Supervisor({ ...program(''), command: '/nonexistent/skydive' }, logger, () => {}, {
    ...backOff,
    firstMs: 60_000,
    maxMs: 60_000,
  });
  supervisor.start();
  while (errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await supervisor.stop();
  assert.match(errors[0] ?? '', /ENOENT/);
});

function manual(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
