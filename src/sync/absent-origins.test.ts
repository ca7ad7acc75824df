// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { Graph } from '../graph/graph.js';
import { silentLogger } from '../log/logger.js';
import type { Clock } from '../wire/clock.js';
import { Pool } from '../wire/pool.js';
import { shareWire } from '../wire/shared.js';
import type { Speaker } from '../wire/speaker.js';
import { AbsentOrigins } from './absent-origins.js';
import { OriginIndex } from './origin-index.js';

/** A clock whose timers run when the test says so. */
function manualClock() {
  const timers: { ms: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    after: (ms, run) => {
      const timer = { ms, run };
      timers.push(timer);
      return { stop: () => void timers.splice(timers.indexOf(timer), 1) };
    },
    every: () => ({ stop() {} }),
  };
  return { clock, timers };
}

function scene() {
  const { clock, timers } = manualClock();
  const graph = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  for (const origin of ['agent.gone', 'agent.here', 'analyzer.an1', 'api.an1']) {
    graph.addNode({ ID: origin, Origin: origin });
    graph.addNode({ ID: `${origin} 2`, Origin: origin });
  }
  const agents = new Pool();
  agents.add({ origin: 'agent.here', peer: { host: 'here' } } as Speaker);
  const shared = shareWire({ log: silentLogger, clock });
  const origins = new OriginIndex(graph);
  return { graph, timers, absent: new AbsentOrigins({ graph, origins, agents, shared }) };
}

async function until(condition: () => boolean): Promise<void> {
  for (let rounds = 0; !condition(); rounds++) {
    assert.ok(rounds < 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('agents of the history that do not come back in time lose their nodes; nobody else does', async () => {
  const { graph, timers } = scene();
  graph.addNode({ ID: 'later', Origin: 'agent.later' });
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [35_000],
  );
  timers[0]!.run();
  await until(() => graph.getNode('agent.gone 2') === undefined);
  assert.equal(graph.getNode('agent.gone'), undefined);
  assert.equal(graph.nodeCount, 7);
});

test('a stopped watch deletes nothing', () => {
  const { graph, timers, absent } = scene();
  absent.stop();
  assert.equal(timers.length, 0);
  assert.equal(graph.nodeCount, 8);
});
