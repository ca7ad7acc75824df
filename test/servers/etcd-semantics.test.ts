// SPDX-License-Identifier: Apache-2.0
// The same random requests to a real etcd 3.4 and to the embedded store: the same answers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../src/log/logger.js';
import { KeySpace } from '../../src/store/kv/embedded/space.js';
import { KvServer } from '../../src/store/kv/server/server.js';
import { Etcd, setUp } from './etcd.js';

const missing = setUp('etcd');

interface Step {
  readonly method: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
}

const key = fc.constantFrom('/a', '/b', '/a/b', '/a/b/c', '/b/c', '/_h', '/a/_h', '', '/', '/a/b/');
const value = fc.constantFrom('', '1', '2', 'x y&z=<ü>');
const maybe = <T>(name: string, of: fc.Arbitrary<T>) =>
  fc
    .option(of, { nil: undefined, freq: 3 })
    .map((chosen) => (chosen === undefined ? {} : { [name]: String(chosen) }));
const merged = (...parts: fc.Arbitrary<Record<string, string>>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as Record<string, string>);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    method: fc.constant('PUT'),
    key,
    query: merged(
      maybe('prevExist', fc.constantFrom('true', 'false', 'TRUE', 'no')),
      maybe('prevValue', value),
      maybe('prevIndex', fc.nat({ max: 30 })),
      maybe('dir', fc.constantFrom('true', 'false')),
    ),
    form: merged(
      maybe('value', value),
      maybe('ttl', fc.constantFrom('1000', '', 'x', '-1')),
      maybe('refresh', fc.constantFrom('true', 'false')),
    ),
  }),
  fc.record({
    method: fc.constant('DELETE'),
    key,
    query: merged(
      maybe('recursive', fc.boolean()),
      maybe('dir', fc.boolean()),
      maybe('prevValue', value),
      maybe('prevIndex', fc.nat({ max: 30 })),
    ),
    form: fc.constant({}),
  }),
  fc.record({
    method: fc.constant('GET'),
    key,
    query: merged(
      maybe('recursive', fc.constantFrom('true', 'false', 'maybe')),
      maybe('sorted', fc.boolean()),
      maybe('quorum', fc.constantFrom('true', 'x')),
    ),
    form: fc.constant({}),
  }),
  fc.record({ method: fc.constant('POST'), key, query: fc.constant({}), form: maybe('value', value) }),
);

interface Said {
  readonly status: number;
  readonly index: number;
  readonly body: unknown;
}

async function ask(url: string, { method, key: path, query, form }: Step): Promise<Said> {
  const answer = await fetch(`${url}/v2/keys${path}?${new URLSearchParams(query)}`, {
    method,
    ...(['PUT', 'POST'].includes(method) && { body: new URLSearchParams(form) }),
  });
  return {
    status: answer.status,
    index: Number(answer.headers.get('x-etcd-index')),
    body: JSON.parse(await answer.text()),
  };
}

/** Indexes count from where the run began; times and the order of folders are chance. */
function comparable(said: Said, base: number): unknown {
  const shift = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.map(shift).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (name === 'expiration') return [name, 'T'];
        if (['index', 'modifiedIndex', 'createdIndex'].includes(name))
          return [name, Number(member) === 0 ? 0 : Number(member) - base];
        // The index is part of a name that was given, and of a comparison.
        if (['key', 'cause'].includes(name))
          return [
            name,
            String(member)
              .replace(/\d{20}/, 'N')
              .replace(/!= \d+\]/, '!= N]'),
          ];
        return [name, shift(member)];
      }),
    );
  };
  return { status: said.status, index: said.index === 0 ? 0 : said.index - base, body: shift(said.body) };
}

test('random requests get the same answers', {
  ...(missing !== undefined && { skip: missing }),
  timeout: 120_000,
}, async () => {
  const etcd = await Etcd.start('--enable-v2=true');
  const folder = mkdtempSync(join(tmpdir(), 'skydive-semantics-'));
  const space = await KeySpace.open({ folder, logger: silentLogger });
  const listen = { host: '127.0.0.1', port: 0 };
  const server = new KvServer({ space, listen, name: 's1', logger: silentLogger, mayWrite: () => false });
  const { port } = await server.start();
  const urls = [etcd.url, `http://127.0.0.1:${port}`] as const;
  const clear = async (url: string): Promise<number> => {
    for (const path of ['/a', '/b', '/_h', '/none']) {
      await ask(url, { method: 'DELETE', key: path, query: { recursive: 'true' }, form: {} });
    }
    const root = await ask(url, { method: 'GET', key: '/', query: {}, form: {} });
    const left = (root.body as { node: { nodes?: { key: string }[] } }).node.nodes ?? [];
    for (const { key: path } of left)
      await ask(url, { method: 'DELETE', key: path, query: { recursive: 'true' }, form: {} });
    return (await ask(url, { method: 'GET', key: '/', query: {}, form: {} })).index;
  };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const bases = [await clear(urls[0]), await clear(urls[1])] as const;
        for (const each of steps) {
          // Both sides are told of an index as it is there.
          const at = (base: number) =>
            each.query['prevIndex'] === undefined
              ? each
              : {
                  ...each,
                  query: { ...each.query, prevIndex: String(base + Number(each.query['prevIndex'])) },
                };
          const [theirs, ours] = [await ask(urls[0], at(bases[0])), await ask(urls[1], at(bases[1]))];
          assert.deepEqual(comparable(ours, bases[1]), comparable(theirs, bases[0]), JSON.stringify(each));
        }
      }),
      { numRuns: 120, endOnFailure: false },
    );
  } finally {
    await server.stop();
    await space.close();
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
