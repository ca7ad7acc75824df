// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Node } from '../../graph/element.js';
import { added, at, deleted, edge, node, point, slice, updated } from '../history.contract.js';
import { LevelHistory, type LevelHistoryOptions } from './history.js';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'skydive-history-'));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A history with a clock in the test's hand; house-keeping runs when the test says so. */
class Scene {
  now = 1_000_000;
  history!: LevelHistory;
  readonly folder: string;
  readonly #options: Partial<LevelHistoryOptions>;
  #houseKeeping: (() => void) | undefined;

  constructor(name: string, options: Partial<LevelHistoryOptions> = {}) {
    this.folder = join(root, name);
    this.#options = options;
  }

  async open(): Promise<LevelHistory> {
    this.history = await LevelHistory.open({
      folder: this.folder,
      now: () => this.now,
      schedule: (run, delayMs) => {
        if (delayMs > 10_000) {
          this.#houseKeeping = run;
          return () => undefined;
        }
        const timer = setTimeout(run, delayMs / 10);
        return () => clearTimeout(timer);
      },
      ...this.#options,
    });
    return this.history;
  }

  keepHouse(): void {
    this.#houseKeeping?.();
  }

  /** Waits for a number of windows. */
  async windows(count: number): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (this.history.status().windows.length !== count) {
      assert.ok(Date.now() < deadline, `${count} windows: ${JSON.stringify(this.history.status())}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Rolls after each hundred seconds: a 24th of the age. */
const aged = { retention: { maxAgeMs: 2_400_000 } };

test('a new window begins with what is open, and every instant stays answered', async () => {
  const scene = new Scene('roll', aged);
  const history = await scene.open();
  const began = scene.now;
  let x = node('x', scene.now, { Name: 'x', v: 0 });
  history.append(added(x));
  history.append(added(node('y', scene.now, { Name: 'y' })));
  history.append(added(edge('xy', scene.now, 'x', 'y')));
  const expected: [at: number, v: number][] = [[scene.now, 0]];
  for (let step = 1; step <= 12; step++) {
    scene.now += 50_000;
    const [next, event] = updated(x, scene.now, { Name: 'x', v: step });
    history.append(event);
    x = next;
    expected.push([scene.now, step]);
    await history.flush();
    const windows = 1 + Math.floor(step / 2);
    await scene.windows(windows);
  }
  for (const reopened of [false, true]) {
    if (reopened) {
      await scene.history.close();
      await scene.open();
    }
    for (const [instant, v] of expected) {
      for (const later of [0, 49_999]) {
        const view = await scene.history.view(point(instant + later));
        assert.equal(view.nodeCount, 2);
        assert.equal(view.node(view.nodeById('x')).Metadata['v'], v, `at ${instant} + ${later}`);
        assert.equal(view.edgesOf(view.nodeById('y'), 'in').length, 1);
        view.release();
      }
    }
    assert.equal((await at(scene.history, slice(began, scene.now))).length, 14, 'each revision once');
    assert.deepEqual(await at(scene.history, slice(began, began + 120_000)), ['x#1', 'y#1', 'x#2', 'x#3']);
    assert.deepEqual(await at(scene.history, point(began - 1)), []);
  }
  await scene.history.close();
});

test('an element told late shows at instants of earlier windows', async () => {
  const scene = new Scene('late', aged);
  const history = await scene.open();
  const began = scene.now;
  const [x] = [node('x', began, { Name: 'x' })];
  history.append(added(x));
  await history.flush();
  scene.now += 100_000;
  history.append(updated(x, scene.now, { Name: 'x', v: 1 })[1]);
  await scene.windows(2);
  scene.now += 10_000;
  history.append(added(node('old', began - 500_000, { Name: 'old' })));
  history.append(added(edge('e', began + 50, 'x', 'old')));
  assert.deepEqual(await at(history, point(began - 1)), ['old#1']);
  assert.deepEqual(await at(history, point(began + 100)), ['old#1', 'x#1']);
  const view = await history.view(point(began + 100));
  assert.deepEqual(
    [...view.edgesOf(view.nodeById('x'), 'both')].map((handle) => view.node(view.childOf(handle)).ID),
    ['old'],
  );
  assert.deepEqual(
    [...view.select('node', { kind: 'term', key: 'Name', value: 'old' })],
    [view.nodeById('old')],
  );
  view.release();
  assert.deepEqual(await at(history, point(scene.now)), ['old#1', 'x#2']);
  await history.close();
});

test('windows that ended too long ago are dropped, their files too', async () => {
  const scene = new Scene('age', aged);
  const history = await scene.open();
  const began = scene.now;
  let x: Node = node('x', scene.now, { v: 0 });
  history.append(added(x));
  for (let step = 1; step <= 5; step++) {
    scene.now += 100_000;
    const [next, event] = updated(x, scene.now, { v: step });
    x = next;
    history.append(event);
    await history.flush();
    await scene.windows(step + 1);
  }
  scene.now = began + 2_400_000 + 150_000;
  scene.keepHouse();
  await scene.windows(5);
  assert.equal(history.status().expired, 1);
  assert.deepEqual(await at(history, point(began + 99_999)), []);
  assert.deepEqual(await at(history, point(began + 100_000)), ['x#2']);
  await history.close();
  const folders = (await readdir(scene.folder)).filter((name) => name.startsWith('w'));
  assert.equal(folders.length, 5);
  await scene.open();
  assert.deepEqual(await at(scene.history, point(scene.now)), ['x#6']);
  await scene.history.close();
});

test('a view goes on reading a window that retention removes meanwhile', async () => {
  const scene = new Scene('reading', aged);
  const history = await scene.open();
  const began = scene.now;
  let x: Node = node('x', scene.now, { Name: 'x', v: 0 });
  history.append(added(x));
  for (let id = 0; id < 100; id++) history.append(added(node(`n${id}`, began, { Name: `n${id}`, id })));
  for (let step = 1; step <= 2; step++) {
    scene.now += 100_000;
    const [next, event] = updated(x, scene.now, { Name: 'x', v: step });
    x = next;
    history.append(event);
    await history.flush();
    await scene.windows(step + 1);
  }
  const view = await history.view(point(began + 1));
  scene.now += 10_000_000;
  scene.keepHouse();
  const deadline = Date.now() + 10_000;
  while (history.status().expired < 2) {
    assert.ok(Date.now() < deadline, JSON.stringify(history.status()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(view.node(view.nodeById('x')).Metadata['v'], 0);
  assert.equal(view.select('node', { kind: 'term', key: 'id', value: 42 }).length, 1);
  view.release();
  view.release();
  for (;;) {
    const folders = await readdir(scene.folder);
    if (!folders.includes('w00000001') && !folders.includes('w00000002')) break;
    assert.ok(Date.now() < deadline, `removed after the view was released: ${folders}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await history.close();
});

test('the oldest windows go when the size is reached', async () => {
  const maxSizeBytes = 2 * 1024 * 1024;
  const scene = new Scene('size', { retention: { maxSizeBytes } });
  const history = await scene.open();
  const nodes = Array.from({ length: 50 }, (_, id) =>
    node(`n${id}`, scene.now, { Name: `n${id}`, text: '' }),
  );
  for (const one of nodes) history.append(added(one));
  for (let step = 0; step < 120; step++) {
    scene.now += 1000;
    for (let id = 0; id < nodes.length; id++) {
      // Random digits do not compress.
      const text = Array.from({ length: 40 }, () => Math.random().toString(36)).join('');
      const [next, event] = updated(nodes[id]!, scene.now, { Name: `n${id}`, text });
      nodes[id] = next;
      history.append(event);
    }
    await history.flush();
  }
  scene.keepHouse();
  const deadline = Date.now() + 10_000;
  while (history.status().expired === 0 || history.status().bytes > maxSizeBytes * 1.5) {
    assert.ok(Date.now() < deadline, JSON.stringify(history.status()));
    scene.keepHouse();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await at(history, point(scene.now))).length, 50);
  await history.close();
});

test('a clock that goes back loses nothing', async () => {
  const scene = new Scene('clock', aged);
  const history = await scene.open();
  const began = scene.now;
  let x = node('x', scene.now, { Name: 'x', v: 0 });
  const tell = (v: number): void => {
    const [next, event] = updated(x, scene.now, { Name: 'x', v });
    x = next;
    history.append(event);
  };
  const valueAt = async (instant: number): Promise<unknown> => {
    const view = await history.view(point(instant));
    const handle = view.nodeById('x');
    const v = handle < 0 ? undefined : view.node(handle).Metadata['v'];
    view.release();
    return v;
  };
  history.append(added(x));
  scene.now = began + 60_000;
  tell(1);
  scene.now = began + 30_000;
  tell(2);
  const y = node('y', scene.now, { Name: 'y' });
  history.append(added(y));
  // Spec §9: of the revisions that hold the instant, the highest.
  assert.equal(await valueAt(began + 29_999), 0);
  assert.equal(await valueAt(began + 30_000), 2);
  assert.equal(await valueAt(began + 60_000), 2);
  assert.equal((await at(history, slice(began, began + 100_000))).length, 4);
  scene.now = began + 20_000;
  history.append(deleted(y, scene.now));
  assert.deepEqual(await at(history, point(began + 40_000)), ['x#3']);
  scene.now = began - 500_000;
  tell(3);
  await history.flush();
  assert.equal(await valueAt(began), 3);
  await history.close();
  await scene.open();
  const again = await scene.history.view(point(began + 30_000));
  assert.equal(again.node(again.nodeById('x')).Metadata['v'], 3);
  again.release();
  await scene.history.close();
});

test('what goes and comes back at once, as it was, is not a change', async () => {
  const scene = new Scene('resync');
  const history = await scene.open();
  const x = node('x', scene.now, { Name: 'x' });
  const y = node('y', scene.now, { Name: 'y' });
  const xy = edge('xy', scene.now, 'x', 'y');
  for (const element of [x, y, xy]) history.append(added(element));
  await history.flush();
  const { written } = history.status();
  scene.now += 1000;
  for (const element of [xy, x, y]) history.append(deleted(element, scene.now));
  for (const element of [x, y, xy]) history.append(added(element));
  await history.flush();
  assert.equal(history.status().written, written);
  assert.deepEqual(await at(history, slice(0, scene.now + 10)), ['x#1', 'y#1']);
  assert.deepEqual(await at(history, point(scene.now + 10), 'edge'), ['xy#1']);

  for (const element of [xy, x]) history.append(deleted(element, scene.now));
  history.append(added({ ...x, CreatedAt: scene.now + 1, UpdatedAt: scene.now + 1 }));
  assert.deepEqual(await at(history, slice(0, scene.now + 10)), ['x#1', 'y#1', 'x#1']);
  await history.close();
});

test('views of one instant share what they read, and end by themselves', async () => {
  const scene = new Scene('shared');
  const history = await scene.open();
  history.append(added(node('x', scene.now, { Name: 'x', v: 1 })));
  const instant = scene.now + 5;
  const views = await Promise.all([history.view(point(instant)), history.view(point(instant))]);
  views[0]!.release();
  const view = views[1]!;
  assert.equal(view.select('node', { kind: 'term', key: 'v', value: 1 }).length, 1);
  view.release();
  const third = await history.view(point(instant));
  assert.equal(third.node(third.nodeById('x')).Metadata['v'], 1);
  third.release();
  await history.close();
});

test('a slice can be given up while it is read', async () => {
  const scene = new Scene('abort');
  const history = await scene.open();
  for (let id = 0; id < 20_000; id++) history.append(added(node(`n${id}`, scene.now, { Name: `n${id}` })));
  await history.flush();
  const controller = new AbortController();
  const reading = history.view(slice(0, scene.now), controller.signal);
  setImmediate(() => controller.abort(new Error('enough')));
  await assert.rejects(reading, /enough/);
  assert.equal((await at(history, point(scene.now))).length, 20_000);
  await history.close();
});
