// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { generator, randomStep } from '../netns/random-steps.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Fleet } from './fleet-fixture.js';

const seed = Number(process.env['SKYDIVE_TEST_SEED'] ?? Date.now() % 1_000_000);
const steps = Number(process.env['SKYDIVE_TEST_STEPS'] ?? 500);
const rounds = Number(process.env['SKYDIVE_TEST_ROUNDS'] ?? 20);

async function withFleet(
  t: TestContext,
  act: (fleet: Fleet, random: (below: number) => number) => Promise<void>,
): Promise<void> {
  if (!requireNamespaces(t)) return;
  t.diagnostic(`SKYDIVE_TEST_SEED=${seed}`);
  const random = generator(seed);
  const fleet = new Fleet();
  t.after(() => fleet.remove());
  await fleet.up(random);
  for (const host of fleet.hosts) fleet.start(host);
  await fleet.started();
  await act(fleet, random);
}

test('after random steps on two hosts the analyzer knows each namespace as its kernel does', {
  timeout: 300_000,
}, async (t) => {
  await withFleet(t, async (fleet, random) => {
    for (let step = 1; step <= steps; step += 1) {
      const { places } = fleet.agents[random(fleet.agents.length)]!;
      const line = await randomStep(random, places);
      if (step % 50 === 0 || step === steps) {
        await fleet.settled(`seed ${seed}, step ${step} (${line})`, 2000);
      }
    }
  });
});

test('killed analyzers and agents leave the graph right and history whole', {
  timeout: 600_000,
}, async (t) => {
  await withFleet(t, async (fleet, random) => {
    const instants: { readonly at: number; readonly ids: readonly string[] }[] = [];
    const then = async (at: number) =>
      [...(await fleet.graph(`G.At(${at}).V().SubGraph()`)).nodes()].map(({ ID }) => ID).sort();
    for (let round = 1; round <= rounds; round += 1) {
      const dead = fleet.hosts.filter(() => random(2) === 0);
      if (dead.length === 0) dead.push(fleet.hosts[random(fleet.hosts.length)]!);
      const when = `seed ${seed}, round ${round}, killed ${dead.map(({ id }) => id).join(' and ')}`;
      const churn = async (count: number) => {
        for (let step = 0; step < count; step += 1) {
          await randomStep(random, fleet.agents[random(fleet.agents.length)]!.places);
        }
      };
      await churn(random(20));
      const dying = dead.map((host) => fleet.kill(host));
      await churn(5);
      await Promise.all(dying);
      await churn(random(10));
      for (const host of dead) fleet.start(host);
      await churn(random(20));
      const graph = await fleet.settled(when, 10_000);
      const at = Date.now();
      const ids = [...graph.nodes()].map(({ ID }) => ID).sort();
      // The question has what waits written: a kill within the next 200 ms may cost it (docs/history.md).
      assert.deepEqual(await then(at), ids, `${when}: the past as it just was`);
      instants.push({ at, ids });
      // The next step is of a later millisecond.
      await eventually(() => assert.ok(Date.now() > at));
    }
    for (const [index, { at, ids }] of instants.entries()) {
      assert.deepEqual(await then(at), ids, `seed ${seed}: history of the instant after round ${index + 1}`);
    }
  });
});
