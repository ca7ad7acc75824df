// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../log/logger.js';
import type { ProbeFactory } from './probe.js';
import { ProbeSet } from './probe-set.js';

function scene(names: readonly string[], failing: Readonly<Record<string, string>> = {}) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const factories = new Map<string, ProbeFactory>(
    ['hardware', 'netns', 'netlink', 'docker'].map((name) => [
      name,
      () => ({
        start: () => {
          if (failing[name] !== undefined) throw new Error(failing[name]);
          calls.push(`start ${name}`);
        },
        stop: () => {
          calls.push(`stop ${name}`);
        },
      }),
    ]),
  );
  return { calls, warnings, registry: new ProbeSet(names, factories, logger) };
}

test('netlink, netns and hardware run first, once, whether named or not', async () => {
  const { calls, registry } = scene(['docker', 'netlink']);
  await registry.start();
  await registry.start();
  assert.deepEqual(calls, ['start netlink', 'start netns', 'start hardware', 'start docker']);
  await registry.stop();
  assert.deepEqual(calls.slice(4), ['stop docker', 'stop hardware', 'stop netns', 'stop netlink']);
  assert.deepEqual(registry.status()['docker'], { Status: 'stopped' });
});

test('a known probe that is not built is left out with its reason', async () => {
  const { warnings, registry } = scene(['ovsdb', 'docker']);
  await registry.start();
  assert.deepEqual(registry.status()['ovsdb'], { Status: 'stopped', Reason: 'it is not built yet' });
  assert.deepEqual(registry.status()['docker'], { Status: 'running' });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /ovsdb/);
});

test('a probe that fails to start does not keep the others', async () => {
  const { warnings, calls, registry } = scene(['docker'], { netns: 'no folder' });
  await registry.start();
  assert.deepEqual(registry.status()['netns'], { Status: 'stopped', Reason: 'no folder' });
  assert.deepEqual(calls, ['start netlink', 'start hardware', 'start docker']);
  assert.equal(warnings.length, 1);
});

test('an unknown name is refused, naming the key', () => {
  assert.throws(() => scene(['dokcer']), {
    code: 'SKY_E_CONFIG',
    message: /agent\.topology\.probes: unsupported probe dokcer/,
  });
});
