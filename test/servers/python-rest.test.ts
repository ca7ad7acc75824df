// SPDX-License-Identifier: Apache-2.0
// A program of a user: Python's skydive-client with queries, captures, injections, nodes and edges.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CapturedHost } from '../e2e/captured-host.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { pythonClient } from './python-client.js';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../../test/fixtures/python/rest_client.py');

test("Python's client queries, captures, injects, and keeps nodes and edges", {
  timeout: 180_000,
}, async (t) => {
  const programs = pythonClient(t);
  if (programs === undefined || !requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const [far] = await scene.far.json<{ address: string }>('link', 'show', 'va-far');
  const command = [join(programs, 'python3'), script, '127.0.0.1:8082', far!.address];
  const { stdout } = await run('ip', ['netns', 'exec', scene.host.network.name, ...command]);
  const { refused, ...seen } = JSON.parse(stdout) as { refused: string };
  assert.deepEqual(seen, {
    interfaces: ['va'],
    owned: [true],
    count: 1,
    captures: [[true, 'mine', 'icmp', 'L2', 2, true]],
    injections: [true],
    path: 'Ethernet/IPv4/ICMPv4',
    left: 0,
    color: 'red',
    created: true,
  });
  assert.match(refused, /Not a valid Gremlin expression/);
});
