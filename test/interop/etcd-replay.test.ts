// SPDX-License-Identifier: Apache-2.0
// What the original's analyzers said to their embedded etcd, and what it answered: the same from our store.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../src/log/logger.js';
import { KeySpace } from '../../src/store/kv/embedded/space.js';
import { KvServer } from '../../src/store/kv/server/server.js';
import { type Answered, ask } from '../e2e/trust-fixture.js';

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly request_body?: string;
  readonly status?: number;
  readonly response?: string;
  readonly response_body?: string;
}

const file = join(import.meta.dirname, '../../../../shared/wire/etcd-v2.jsonl');

// A life of one capture and one election, as such an analyzer writes it; always here.
const life: readonly Recorded[] = [
  recorded(
    'PUT',
    '/v2/keys/vm',
    'value=',
    201,
    4,
    '{"action":"set","node":{"key":"/vm","value":"","modifiedIndex":4,"createdIndex":4}}',
  ),
  recorded(
    'DELETE',
    '/v2/keys/elections/x?prevValue=an1',
    '',
    404,
    4,
    '{"errorCode":100,"message":"Key not found","cause":"/elections","index":4}',
  ),
  recorded(
    'PUT',
    '/v2/keys/elections/x?prevExist=false',
    'ttl=30&value=an1',
    201,
    5,
    '{"action":"create","node":{"key":"/elections/x","value":"an1","expiration":"T","ttl":30,"modifiedIndex":5,"createdIndex":5}}',
  ),
  recorded(
    'GET',
    '/v2/keys/capture/?quorum=false&recursive=true&sorted=false',
    '',
    404,
    5,
    '{"errorCode":100,"message":"Key not found","cause":"/capture","index":5}',
  ),
  recorded(
    'PUT',
    '/v2/keys/capture/c1',
    'value=%7B%22A%22%3A%22%5Cu003c%3C%22%7D',
    201,
    6,
    '{"action":"set","node":{"key":"/capture/c1","value":"{\\"A\\":\\"\\\\u003c\\u003c\\"}","modifiedIndex":6,"createdIndex":6}}',
  ),
  recorded(
    'GET',
    '/v2/keys/capture/c1/?quorum=false&recursive=false&sorted=false',
    '',
    200,
    6,
    '{"action":"get","node":{"key":"/capture/c1","value":"{\\"A\\":\\"\\\\u003c\\u003c\\"}","modifiedIndex":6,"createdIndex":6}}',
  ),
  recorded(
    'DELETE',
    '/v2/keys/elections/x?prevValue=an1',
    '',
    200,
    7,
    '{"action":"compareAndDelete","node":{"key":"/elections/x","modifiedIndex":7,"createdIndex":5},"prevNode":{"key":"/elections/x","value":"an1","expiration":"T","ttl":18,"modifiedIndex":5,"createdIndex":5}}',
  ),
];

function recorded(
  method: string,
  path: string,
  body: string,
  status: number,
  index: number,
  text: string,
): Recorded {
  const raft = status < 400 ? `X-Raft-Index: 1\r\nX-Raft-Term: 2\r\n` : '';
  const response = `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nX-Etcd-Index: ${index}\r\n${raft}\r\n`;
  return { method, path, request_body: body, status, response, response_body: `${text}\n` };
}

function header(response: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*?)\r$`, 'mi').exec(response)?.[1];
}

const indexOf = (row: Recorded) => Number(header(row.response ?? '', 'X-Etcd-Index'));
const isWrite = (row: Recorded) => row.method !== 'GET' && (row.status ?? 500) < 400;
const isWatch = (row: Recorded) => row.path.includes('wait=true');

/** Times differ from run to run; the order of an unsorted folder is chance. */
function comparable(body: string): unknown {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        key === 'expiration' || key === 'ttl' ? key : sorted(member),
      ]),
    );
  };
  return sorted(JSON.parse(body));
}

/** The names of all members as they stand in the text. */
function memberOrder(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...memberOrder(member)]);
}

async function replay(rows: readonly Recorded[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-etcd-replay-'));
  const space = await KeySpace.open({ folder, logger: silentLogger });
  const listen = { host: '127.0.0.1', port: 0 };
  const server = new KvServer({ space, listen, name: 'vm', logger: silentLogger, mayWrite: () => false });
  const { port } = await server.start();
  let compared = 0;
  try {
    const once = rows.filter(
      (row) => row.path.startsWith('/v2/keys') && row.status !== undefined && row.status < 500,
    );
    const order = [...once]
      .filter((row) => !isWatch(row))
      .sort((a, b) => indexOf(a) - indexOf(b) || Number(isWrite(b)) - Number(isWrite(a)));
    // Those that were answered, asked again when all has happened: the events are still there.
    const watches = once.filter((row) => isWatch(row) && !/waitIndex=0/.test(row.path) && row.response_body);
    for (const row of [...order, ...watches]) {
      const answer = await ask({
        port,
        method: row.method,
        path: row.path,
        ...(row.request_body && {
          body: row.request_body,
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        }),
      });
      same(row, answer);
      compared++;
    }
    return compared;
  } finally {
    await server.stop();
    await space.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function same(row: Recorded, answer: Answered): void {
  const what = `${row.method} ${row.path}`;
  assert.equal(answer.status, row.status, what);
  assert.deepEqual(comparable(answer.body), comparable(row.response_body ?? ''), what);
  const order = (body: string) => memberOrder(JSON.parse(body));
  if (!row.path.includes('recursive=true')) {
    assert.deepEqual(order(answer.body), order(row.response_body ?? ''), what);
  }
  const response = row.response ?? '';
  assert.equal(answer.headers['content-type'], header(response, 'Content-Type'), what);
  if (!isWatch(row)) assert.equal(answer.headers['x-etcd-index'], header(response, 'X-Etcd-Index'), what);
  for (const name of ['X-Raft-Index', 'X-Raft-Term']) {
    assert.equal(
      answer.headers[name.toLowerCase()] !== undefined,
      header(response, name) !== undefined,
      `${what} ${name}`,
    );
  }
}

test('the life of a capture and an election comes out as etcd has it', async () => {
  assert.equal(await replay(life), life.length);
});

if (existsSync(file)) {
  test('the recorded exchanges with the embedded etcd come out the same', async () => {
    const rows = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Recorded);
    assert.ok((await replay(rows)) > 140);
  });
}
