// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import type { WebSocket } from 'ws';
import type { Clock } from './clock.js';
import { Heartbeat } from './heartbeat.js';

/** A heartbeat of the original's periods, with a socket and a clock that the test moves. */
function scene(paused = () => false) {
  let now = 0;
  let tick = () => {};
  const seen = { pings: 0, pongs: 0, expired: 0 };
  const socket = Object.assign(new EventEmitter(), { OPEN: 1, readyState: 1, ping: () => seen.pings++ });
  const clock: Clock = {
    now: () => now,
    after: () => ({ stop() {} }),
    every: (_, run) => {
      tick = run;
      return { stop: () => {} };
    },
  };
  new Heartbeat({
    socket: socket as unknown as WebSocket,
    clock,
    pingDelayMs: 2000,
    pongTimeoutMs: 5000,
    paused,
    pong: () => seen.pongs++,
    expired: () => seen.expired++,
  });
  const pass = (ms: number) => {
    now += ms;
    tick();
  };
  return { socket, seen, pass };
}

test('a ping goes out at once and every period; without a pong the connection expires after 7 s', () => {
  const { seen, pass } = scene();
  assert.equal(seen.pings, 1);
  for (let period = 0; period < 3; period++) pass(2000);
  assert.deepEqual(seen, { pings: 4, pongs: 0, expired: 0 });
  pass(2000);
  assert.deepEqual(seen, { pings: 4, pongs: 0, expired: 1 });
});

test('each pong puts the end off', () => {
  const { socket, seen, pass } = scene();
  for (let period = 0; period < 10; period++) {
    pass(2000);
    socket.emit('pong');
  }
  assert.deepEqual(seen, { pings: 11, pongs: 10, expired: 0 });
});

test('neither the time in which the process stood still nor that in which the socket was not read counts', () => {
  const still = scene();
  still.pass(60_000);
  assert.equal(still.seen.expired, 0);
  still.pass(2000);
  still.pass(2000);
  assert.equal(still.seen.expired, 0);
  still.pass(2000);
  assert.equal(still.seen.expired, 1);
  const unread = scene(() => true);
  for (let period = 0; period < 10; period++) unread.pass(2000);
  assert.equal(unread.seen.expired, 0);
});
