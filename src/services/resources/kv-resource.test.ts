// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { silentLogger } from '../../log/logger.js';
import { scratchKv } from '../../store/kv/scratch-kv.js';
import { until } from '../../store/kv/store.contract.js';
import { KvResource, type KvResourceKind } from './kv-resource.js';

interface Note {
  readonly Text: string;
  readonly Seen?: number;
  readonly UUID: string;
}

const kind: KvResourceKind<Note> = {
  name: 'note',
  title: 'Note',
  decode(value) {
    const { Text, UUID = '' } = value as Note;
    if (typeof Text !== 'string') throw new SkydiveError('SKY_E_BAD_REQUEST', 'Text has to be a string');
    return { Text, UUID };
  },
  validate() {},
  complete: (note) => ({ ...note, Text: `${note.Text}!` }),
  admit(note, present) {
    if (present.some(({ Text }) => Text === note.Text)) {
      throw new SkydiveError('SKY_E_CONFLICT', 'duplicated resource');
    }
  },
  shown: async (note) => ({ ...note, Seen: 1 }),
  updatable: true,
};

async function scene(t: TestContext, changed: Partial<KvResourceKind<Note>> = {}, now?: () => number) {
  const kv = await scratchKv(t, now);
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  return { kv, warnings, notes: new KvResource({ ...kind, ...changed }, kv, logger) };
}

const note = (Text: string) => ({ Text, UUID: 'of the client' });

test('a new one gets a UUID of its own and lies under it, as the original keeps it', async (t) => {
  const { kv, notes } = await scene(t);
  const made = await notes.create(note('a<b'));
  assert.match(made.UUID, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.deepEqual(made, { Text: 'a<b!', UUID: made.UUID });
  const entry = await kv.get(`/note/${made.UUID}`);
  assert.equal(entry?.value, `{"Text":"a\\u003cb!","UUID":"${made.UUID}"}`);
  assert.equal(entry?.ttlS, undefined);
  assert.deepEqual(await notes.get(made.UUID), { ...made, Seen: 1 });
  assert.deepEqual(await notes.get(`${made.UUID}/`), { ...made, Seen: 1 });
  assert.deepEqual(await notes.list(), [[made.UUID, { ...made, Seen: 1 }]]);
});

test('of two twins made at once one is refused', async (t) => {
  const { notes } = await scene(t);
  const outcomes = await Promise.allSettled([notes.create(note('a')), notes.create(note('a'))]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal((await notes.list()).length, 1);
  assert.ok(await notes.create(note('b')));
});

test('a life is whole seconds, at least one, and then it is over', async (t) => {
  let nowMs = 1_700_000_000_000;
  const { kv, notes } = await scene(t, {}, () => nowMs);
  const rows: [ttlMs: number, ttlS: number][] = [
    [1, 1],
    [1999, 1],
    [60_000, 60],
  ];
  for (const [ttlMs, ttlS] of rows) {
    const { UUID } = await notes.create(note(String(ttlMs)), { ttlMs });
    assert.equal((await kv.get(`/note/${UUID}`))?.ttlS, ttlS);
  }
  nowMs += 2000;
  assert.deepEqual(
    (await notes.list()).map(([, { Text }]) => Text),
    ['60000!'],
  );
});

test('no id leads out of the folder', async (t) => {
  const { kv, notes } = await scene(t);
  await kv.set('/secret', '{"Text":"x"}');
  await kv.set('/note/deep/er', '{"Text":"x"}');
  for (const id of ['', '/', '.', '..', '../secret', 'deep/er', 'deep/../../secret', 'x']) {
    assert.equal(await notes.get(id), undefined, id);
    assert.equal(await notes.delete(id), false, id);
  }
  assert.ok(await kv.get('/secret'));
});

test('a modified one keeps its id; what is gone or fixed is refused', async (t) => {
  const { notes } = await scene(t);
  const { UUID } = await notes.create(note('a'));
  assert.deepEqual(await notes.update(UUID, note('b')), { Text: 'b', UUID });
  assert.deepEqual((await notes.get(UUID))?.Text, 'b');
  assert.equal(await notes.delete(UUID), true);
  assert.equal(await notes.delete(UUID), false);
  await assert.rejects(notes.update(UUID, note('c')), /was deleted meanwhile/);
  const { notes: fixed } = await scene(t, { updatable: false });
  const made = await fixed.create(note('a'));
  await assert.rejects(fixed.update(made.UUID, note('b')), { message: 'resource not updatable' });
});

test('what cannot be decoded is left out, and told', async (t) => {
  const { kv, notes, warnings } = await scene(t);
  await kv.set('/note/bad', 'no JSON');
  await kv.set('/note/odd', '{"Text":5}');
  await kv.set('/note/good', '{"Text":"t"}');
  assert.deepEqual(
    (await notes.list()).map(([id]) => id),
    ['good'],
  );
  assert.equal(await notes.get('bad'), undefined);
  assert.match(
    warnings.join('\n'),
    /\/note\/bad of the key-value store is skipped: .*\n.*\/note\/odd .*Text has to be/,
  );
});

test('a watcher is told what is there, what comes, changes, goes and expires, whoever does it', async (t) => {
  const { kv, notes } = await scene(t);
  await kv.set('/note/first', '{"Text":"1"}');
  const told: string[] = [];
  const stop = await notes.watch({
    put: ({ UUID, Text }) => void told.push(`put ${UUID} ${Text}`),
    gone: ({ UUID, Text }) => void told.push(`gone ${UUID} ${Text}`),
  });
  assert.deepEqual(told, ['put first 1']);
  await kv.set('/note/second', '{"Text":"2"}', { ttlS: 1 });
  await kv.set('/note/first', '{"Text":"1a"}');
  await kv.set('/note/bad', 'x');
  await kv.delete('/note/bad');
  await kv.delete('/note/first');
  await until('all was told', () => told.length === 5);
  assert.deepEqual(told.slice(1).sort(), ['gone first 1a', 'gone second 2', 'put first 1a', 'put second 2']);
  stop();
  await kv.set('/note/third', '{"Text":"3"}');
  assert.equal(told.length, 5);
});
