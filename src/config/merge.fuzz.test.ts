// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { variableOf } from './environment.js';
import type { ConfigKey, ConfigValue } from './key.js';
import { loadConfig } from './load.js';
import { merge, type Tree, valueAt, withValueAt } from './tree.js';

const rooms: readonly (readonly ConfigKey[])[] = [
  [
    { key: 'a.text', type: 'string', default: 'd', doc: '' },
    { key: 'a.number', type: 'int', default: 3, doc: '' },
    { key: 'a.flag', type: 'bool', default: true, doc: '' },
    { key: 'a.list', type: 'list', default: ['x'], doc: '' },
    { key: 'a.map', type: 'map', default: { x: 1 }, doc: '' },
    { key: 'b.*.text', type: 'string', doc: '' },
    { key: 'b.*.deep.number', type: 'int', default: 1, doc: '', deprecated: ['old.number'] },
    { key: 'c.any', type: 'any', doc: '' },
    { key: 'c.time', type: 'duration', default: '7d', doc: '' },
    { key: 'c.size', type: 'size', default: 1, doc: '' },
  ],
];
const word = fc.constantFrom(
  'a',
  'b',
  'c',
  'text',
  'number',
  'list',
  'map',
  'deep',
  'any',
  'x',
  'Y',
  '__proto__',
  'constructor',
  '',
);
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
);
const { tree } = fc.letrec<{ tree: Tree; node: ConfigValue }>((tie) => ({
  tree: fc.dictionary(fc.oneof(word, fc.string({ maxLength: 6 })), tie('node'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  node: fc.oneof({ depthSize: 'small' }, leaf as fc.Arbitrary<ConfigValue>, tie('tree')),
}));
const types: Readonly<Record<string, (value: ConfigValue | undefined) => boolean>> = {
  'a.text': (value) => typeof value === 'string',
  'a.number': (value) => Number.isInteger(value),
  'a.flag': (value) => typeof value === 'boolean',
  'a.list': (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
  'a.map': (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'c.time': (value) => Number.isInteger(value),
  'c.size': (value) => Number.isInteger(value),
};

async function load(text: string, env: Record<string, string> = {}) {
  async function* stdin() {
    yield Buffer.from(text);
  }
  return loadConfig({ files: ['-'], env, options: {}, rooms, stdin });
}

test('whatever the file and the variables hold, values have the type of their key and nothing throws', async () => {
  const variable = fc.oneof(
    word,
    fc.constantFrom('A_TEXT', 'A_NUMBER', 'A_MAP', 'A_MAP_X', 'B_Q_TEXT', 'B', 'C_ANY'),
  );
  const env = fc.dictionary(
    variable.map((name) => `SKYDIVE_${name.toUpperCase()}`),
    fc.oneof(fc.string(), fc.json(), fc.constantFrom('1', 'true', 'x y')),
    { maxKeys: 4 },
  );
  await fc.assert(
    fc.asyncProperty(tree, env, async (content, variables) => {
      const { config } = await load(JSON.stringify(content), variables);
      for (const [key, holds] of Object.entries(types)) {
        assert.ok(holds(config.get(key)), `${key}: ${JSON.stringify(config.get(key))}`);
        config.isSet(key);
      }
      for (const key of [
        '',
        'a',
        'b',
        'b.q',
        'b.q.deep.number',
        'c.any',
        'old',
        'x.y',
        '__proto__',
        'a.__proto__.x',
      ]) {
        config.get(key);
        assert.ok(Array.isArray(config.getList(key)));
        assert.equal(typeof config.getString(key), 'string');
      }
      assert.equal(({} as Record<string, unknown>)['x'], undefined, 'no prototype is touched');
    }),
    { numRuns: 300 },
  );
});

test('arbitrary text is a configuration or a refusal that names the source', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a:b-[]{}&*<\n #"\'!|>%@') })),
      async (text) => {
        try {
          await load(text);
        } catch (error) {
          assert.match((error as Error).message, /^standard input/);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('merging is taking the later value, section by section', () => {
  fc.assert(
    fc.property(tree, tree, (first, second) => {
      const merged: Tree = {};
      merge(merged, first);
      merge(merged, second);
      const expect = (
        one: ConfigValue | undefined,
        two: ConfigValue | undefined,
      ): ConfigValue | undefined => {
        if (two === undefined || two === null) return one ?? two;
        if (typeof two !== 'object' || Array.isArray(two)) return two;
        const left = typeof one === 'object' && one !== null && !Array.isArray(one) ? (one as Tree) : {};
        const right = two as Tree;
        const names = new Set([...Object.keys(left), ...Object.keys(right)]);
        const own = (tree: Tree, name: string) => (Object.hasOwn(tree, name) ? tree[name] : undefined);
        return Object.fromEntries(
          [...names].map((name) => [name, expect(own(left, name), own(right, name)) ?? null]),
        );
      };
      assert.deepEqual(merged, expect(first, second));
    }),
  );
});

test('a value put at a path is found there and leaves other paths alone', () => {
  const name = fc.constantFrom('a', 'b', 'c', '__proto__');
  fc.assert(
    fc.property(
      tree,
      fc.array(name, { minLength: 1, maxLength: 4 }),
      fc.integer(),
      (content, path, value) => {
        const before = JSON.stringify(content);
        const after = withValueAt(content, path, value);
        assert.equal(JSON.stringify(content), before);
        assert.equal(valueAt(after, path.join('.')), value);
        for (const other of Object.keys(content)) {
          if (other !== path[0]) assert.deepEqual(after[other], content[other]);
        }
      },
    ),
  );
});

test('a variable sets exactly the key whose name it bears', async () => {
  const key = fc.constantFrom('a.text', 'b.mine.text', 'b.my-own.text');
  await fc.assert(
    fc.asyncProperty(
      key,
      fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
      async (name, text) => {
        const { config } = await load('b: {my-own: {text: y}}', { [variableOf(name)]: text });
        assert.equal(config.getString(name), text);
      },
    ),
  );
});
