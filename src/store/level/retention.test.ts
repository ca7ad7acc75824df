// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expired, isRollDue, type Measured, type Retention } from './retention.js';

const mib = 1024 * 1024;
const windows: readonly Measured[] = [
  { start: 0, end: 100, bytes: 10 },
  { start: 100, end: 200, bytes: 20 },
  { start: 200, end: 300, bytes: 30 },
  { start: 300, bytes: 40 },
];

const rows: readonly (readonly [what: string, now: number, retention: Retention, dropped: number])[] = [
  ['keeps all without limits', 1e9, {}, 0],
  ['keeps what ended within the age', 150, { maxAgeMs: 50 }, 0],
  ['drops what ended before', 151, { maxAgeMs: 50 }, 1],
  ['drops several', 301, { maxAgeMs: 50 }, 2],
  ['never drops the one being written', 1e9, { maxAgeMs: 1, maxSizeBytes: 1 }, 3],
  ['keeps what fits', 300, { maxSizeBytes: 100 }, 0],
  ['drops the oldest that does not fit', 300, { maxSizeBytes: 99 }, 1],
  ['drops until it fits', 300, { maxSizeBytes: 70 }, 2],
];
for (const [what, now, retention, dropped] of rows) {
  test(`retention ${what}`, () => {
    assert.deepEqual(expired(windows, now, retention), windows.slice(0, dropped));
  });
}

const filling = { ageMs: 0, checkpointBytes: 0, logBytes: 1 };
const rolls: readonly (readonly [what: string, over: Partial<typeof filling>, Retention, due: boolean])[] = [
  ['not for an empty window, however old', { ageMs: 1e12, logBytes: 0 }, { maxAgeMs: 1000 }, false],
  ['not below 16 MiB', { logBytes: 15 * mib }, {}, false],
  ['at 16 MiB with a small checkpoint', { logBytes: 16 * mib }, {}, true],
  ['not before twice the checkpoint', { checkpointBytes: 20 * mib, logBytes: 39 * mib }, {}, false],
  ['at twice the checkpoint', { checkpointBytes: 20 * mib, logBytes: 40 * mib }, {}, true],
  ['at a 24th of the age', { ageMs: 1000 }, { maxAgeMs: 24_000 }, true],
  ['not before', { ageMs: 999 }, { maxAgeMs: 24_000 }, false],
  ['at an eighth of the size', { logBytes: 2 * mib }, { maxSizeBytes: 16 * mib }, true],
  ['not before the eighth', { logBytes: 2 * mib - 1 }, { maxSizeBytes: 16 * mib }, false],
  [
    'not at once where the checkpoint is the eighth',
    { checkpointBytes: 2 * mib, logBytes: mib / 4 },
    { maxSizeBytes: 16 * mib },
    false,
  ],
];
for (const [what, over, retention, due] of rolls) {
  test(`a new window is due: ${what}`, () => {
    assert.equal(isRollDue({ ...filling, ...over }, retention), due);
  });
}
