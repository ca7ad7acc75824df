// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentationText } from '../../src/gremlin/documentation.js';
import { steps } from '../../src/gremlin/steps/registry.js';

const root = join(import.meta.dirname, '../../..');

test('docs/gremlin.md is what the steps say of themselves', () => {
  const remedy = 'run node tools/gremlin-docs.mjs and commit what it writes';
  assert.equal(readFileSync(join(root, 'docs/gremlin.md'), 'utf8'), documentationText(steps), remedy);
});

test('each step is a file named after it, and each file is in the registry', () => {
  const files = readdirSync(join(root, 'src/gremlin/steps')).filter((name) => name !== 'registry.ts');
  assert.deepEqual(files.sort(), steps.map(({ name }) => `${name}.ts`).sort());
});

test('no two steps share a name, whatever the case', () => {
  const names = steps
    .flatMap(({ name, aliases = [] }) => [name, ...aliases])
    .map((name) => name.toUpperCase());
  assert.equal(new Set(names).size, names.length);
});
