// SPDX-License-Identifier: Apache-2.0
// cli.md §1–§5 and §8 for the commands that exist, on the bundle as it is installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { version } from '../../src/version.js';
import { graphOf, nodeOf, post, withApi } from './api-fixture.js';
import { bundle, skydive, withRecorder } from './cli-fixture.js';

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-cli-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('version is one line that packaging checks', async () => {
  const { code, stdout } = await skydive(['version']);
  assert.equal(code, 0);
  assert.equal(stdout, `skydive github.com/skydive-project/skydive ${version}\n`);
});

test('version fails on an unusable configuration that was asked for', async () => {
  const { code, stdout, stderr } = await skydive(['version', '-c', '/nonexistent/skydive.yml']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /\tERROR\t.*\/nonexistent\/skydive\.yml/);
});

const misuse: readonly [readonly string[], RegExp][] = [
  [['nope'], /unknown command 'nope'/],
  [['client', 'nope'], /unknown command 'nope'/],
  [['client', 'query'], /missing required argument[\s\S]*Usage: skydive client query/],
  [['client', 'query', 'G', '--nope'], /unknown option '--nope'/],
  [['client', 'query', 'G', '--format', 'xml'], /Invalid output format xml\n$/],
  [['client', 'status', '--format', 'dot'], /Invalid output format dot\n$/],
  [['client', 'status', '--analyzer', '1.2.3'], /1\.2\.3/],
  [
    ['client', 'status', '--analyzer', '127.0.0.1:1'],
    /cannot reach the analyzer at 127\.0\.0\.1:1: .*ECONNREFUSED/,
  ],
  [['client', 'status', '--cert', '/nonexistent', '--key', '/nonexistent'], /--cert: .*\/nonexistent/],
];

for (const [args, text] of misuse) {
  test(`skydive ${args.join(' ')} says why it fails and exits with 1`, async () => {
    const { code, stdout, stderr } = await skydive(args);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, text);
  });
}

test('help client query explains the query command', async () => {
  const { code, stdout } = await skydive(['help', 'client', 'query']);
  assert.equal(code, 0);
  assert.match(stdout, /Usage: skydive client query \[options\] <gremlin>/);
});

test('query prints the body laid out with tabs, numbers and escapes as they came', async () => {
  const body = '[{"ID":"\\u003ca\\u003e","N":12345678901234567890,"E":[],"é":"日本"}]\n';
  await withRecorder({ body }, async (address, requests) => {
    const { code, stdout } = await skydive([
      'client',
      'query',
      "G.V().Has('a', '<b>')",
      '--analyzer',
      address,
    ]);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      '[\n\t{\n\t\t"ID": "\\u003ca\\u003e",\n\t\t"N": 12345678901234567890,\n\t\t"E": [],\n\t\t"é": "日本"\n\t}\n]\n',
    );
    const [request] = requests;
    assert.equal(`${request?.method} ${request?.url}`, 'POST /api/topology');
    assert.deepEqual(JSON.parse(request?.body ?? ''), { GremlinQuery: "G.V().Has('a', '<b>')" });
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.equal(request?.headers.accept, undefined);
    assert.equal(request?.headers.authorization, undefined);
  });
});

for (const [format, accept] of [
  ['dot', 'text/vnd.graphviz'],
  ['pcap', 'application/vnd.tcpdump.pcap'],
] as const) {
  test(`query --format ${format} asks for ${accept} and prints the body as it is`, async () => {
    await withRecorder({ body: 'digraph g {\n}' }, async (address, requests) => {
      const { stdout } = await skydive(['client', 'query', 'G', '--format', format, '--analyzer', address]);
      assert.equal(stdout, 'digraph g {\n}');
      assert.equal(requests[0]?.headers.accept, accept);
    });
  });
}

test('query -o knows table and yaml', async () => {
  await withRecorder({ body: '["lo","eth0"]\n' }, async (address) => {
    const table = await skydive(['client', 'query', 'G', '-o', 'table', '--analyzer', address]);
    assert.equal(table.stdout, 'lo\neth0\n');
    const yaml = await skydive(['client', 'query', 'G', '-o', 'yaml', '--analyzer', address]);
    assert.equal(yaml.stdout, '- lo\n- eth0\n');
  });
});

const failures: readonly [number, string, RegExp][] = [
  [400, 'Expected right parenthesis\n', /: 400 Bad Request: Expected right parenthesis\n$/],
  [401, 'Wrong credentials', /: 401 Unauthorized: Wrong credentials\n$/],
  [204, '', /: 204 No Content: \n$/],
];

for (const [status, body, text] of failures) {
  test(`a query answered ${status} fails with the status line and the body`, async () => {
    await withRecorder({ status, body }, async (address) => {
      const { code, stdout, stderr } = await skydive(['client', 'query', 'G', '--analyzer', address]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, text);
      assert.match(stderr, /^\S+\tERROR\t/);
    });
  });
}

test('the analyzer: option before SKYDIVE_ANALYZER before analyzers of the configuration', async () => {
  await withFolder(async (folder) => {
    await withRecorder({}, async (address, requests) => {
      const file = join(folder, 'skydive.yml');
      await writeFile(file, 'analyzers:\n  - 127.0.0.1:1\n');
      const env = { SKYDIVE_ANALYZER: '127.0.0.1:1' };
      const query = ['client', 'query', 'G'];
      assert.equal((await skydive([...query, '--analyzer', address], { env })).code, 0);
      assert.equal((await skydive([...query, '-c', file], { env: { SKYDIVE_ANALYZER: address } })).code, 0);
      await writeFile(file, `analyzers:\n  - ${address}\n`);
      assert.equal((await skydive([...query, '-c', file])).code, 0);
      assert.equal((await skydive([...query], { env: { SKYDIVE_ANALYZERS: address } })).code, 0);
      assert.equal((await skydive([...query, '-c', file], { env })).code, 1);
      const port = address.split(':')[1]!;
      assert.equal((await skydive([...query, '--analyzer', `:${port}`])).code, 0);
      assert.equal((await skydive([...query, '--analyzer', port])).code, 0);
      assert.equal(requests.length, 6);
    });
  });
});

test('credentials go as Basic with each request, from options or variables', async () => {
  await withRecorder({ body: '{}\n' }, async (address, requests) => {
    const env = { SKYDIVE_USERNAME: 'u', SKYDIVE_PASSWORD: 'p' };
    await skydive(['client', 'status', '--analyzer', address], { env });
    await skydive(['client', '--username', 'v', 'status', '--analyzer', address, '--password=q'], { env });
    assert.deepEqual(
      requests.map(({ headers }) => headers.authorization),
      ['u:p', 'v:q'].map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
    );
  });
});

test('HTTP_PROXY is not asked for this host', async () => {
  await withRecorder({}, async (address) => {
    const env = { HTTP_PROXY: 'http://127.0.0.1:1' };
    assert.equal((await skydive(['client', 'query', 'G', '--analyzer', address], { env })).code, 0);
  });
});

test('HTTP_PROXY carries requests to other hosts', async () => {
  await withRecorder({}, async (address, requests) => {
    const env = { HTTP_PROXY: `http://u:p@${address}` };
    const { code } = await skydive(['client', 'query', 'G', '--analyzer', 'analyzer.example:8082'], { env });
    assert.equal(code, 0);
    assert.equal(requests[0]?.url, 'http://analyzer.example:8082/api/topology');
    assert.equal(requests[0]?.headers.host, 'analyzer.example:8082');
    assert.ok(requests[0]?.headers['proxy-authorization']);
  });
});

test('status, topology export and topology query against a real server', async () => {
  const status = () => ({ Agents: {}, Alerts: { IsMaster: true } });
  const source = graphOf([nodeOf('n1')]);
  await withApi({ status, source }, async ({ port }) => {
    const to = ['--analyzer', `127.0.0.1:${port}`];
    const shown = await skydive(['client', 'status', ...to]);
    assert.equal(shown.stdout, '{\n  "Agents": {},\n  "Alerts": {\n    "IsMaster": true\n  }\n}\n');
    const exported = await skydive(['client', 'topology', 'export', ...to]);
    assert.match(exported.stdout, /^\[\n\t\{\n\t\t"Nodes": \[\n\t\t\t\{\n\t\t\t\t"ID": "n1",\n/);
    const old = await skydive(['client', 'topology', 'query', '--gremlin', 'G.V().Count()', ...to]);
    assert.equal(old.stdout, '1\n');
    assert.match(old.stderr, /deprecated/);
    const dot = await skydive(['client', 'query', 'G.V()', '--format', 'dot', ...to]);
    assert.equal(dot.code, 1);
    assert.match(
      dot.stderr,
      /: 406 Not Acceptable: Error while encoding response: Only graph can be outputted as dot/,
    );
  });
});

const hinted: readonly [query: string, stdout: string, stderr: RegExp | ''][] = [
  [
    'G.V().Has("Name", Regex("task-pv-*"))',
    '[]\n',
    /^hint: Regex\("task-pv-\*"\) has to match the whole value .*Regex\("\.\*task-pv-\*\.\*"\) would find something\n$/,
  ],
  [
    'G.V().Has("Name", Regex("日本-é%-*")).Count()',
    '0\n',
    /^hint: Regex\("日本-é%-\*"\) .*"\.\*日本-é%-\*\.\*"/,
  ],
  ['G.V().Has("Name", Regex("nowhere-*"))', '[]\n', ''],
  ['G.V().Has("Name", Regex("task-pv-.*")).Count()', '1\n', ''],
];

for (const [query, stdout, stderr] of hinted) {
  test(`${query} is answered as ever, ${stderr === '' ? 'without a hint' : 'and a hint goes to stderr'}`, async () => {
    await withApi({ source: graphOf([nodeOf('task-pv-1'), nodeOf('日本-é%-1')]) }, async ({ port }) => {
      const finished = await skydive(['client', 'query', query, '--analyzer', `127.0.0.1:${port}`]);
      assert.equal(finished.code, 0);
      assert.equal(finished.stdout, stdout);
      if (stderr === '') assert.equal(finished.stderr, '');
      else assert.match(finished.stderr, stderr);
    });
  });
}

test('only who asks for hints is told one, beside the same answer', async () => {
  await withApi({ source: graphOf([nodeOf('task-pv-1')]) }, async ({ port }) => {
    const body = JSON.stringify({ GremlinQuery: 'G.V().Has("Name", Regex("task-pv-*"))' });
    const plain = await post(port, '/api/topology', body);
    const asking = await post(port, '/api/topology', body, 'X-Skydive-Hints: true\r\n');
    assert.equal(plain.headers.get('x-skydive-hint'), undefined);
    assert.match(asking.headers.get('x-skydive-hint')?.[0] ?? '', /task-pv/);
    assert.equal(asking.body.toString(), plain.body.toString());
    assert.equal(asking.statusLine, plain.statusLine);
  });
});

test('a large answer passes through, and a reader that stops early is no failure', async () => {
  const nodes = Array.from({ length: 20_000 }, (_, index) => nodeOf(`n${index}`));
  await withApi({ source: graphOf(nodes) }, async ({ port }) => {
    const query = ['client', 'query', 'G.V()', '--analyzer', `127.0.0.1:${port}`];
    const whole = await skydive(query);
    assert.equal((JSON.parse(whole.stdout) as unknown[]).length, nodes.length);
    const child = spawn(process.execPath, [bundle, ...query], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });
});

test('bash-completion writes its file here, and bash completes with it', async () => {
  await withFolder(async (folder) => {
    const { stdout } = await skydive(['bash-completion'], { cwd: folder });
    assert.equal(stdout, 'skydive-bash-completion.sh has been generated\n');
    const script = await readFile(join(folder, 'skydive-bash-completion.sh'), 'utf8');
    const complete = (line: string) => {
      const words = line.split(' ');
      const probe = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _skydive; echo "\${COMPREPLY[@]}"`;
      const shell = spawn('bash', ['-c', probe], { stdio: ['ignore', 'pipe', 'inherit'] });
      return once(shell.stdout, 'data').then(([data]) => String(data).trim());
    };
    assert.equal(await complete('skydive cl'), 'client');
    assert.equal(await complete('skydive client to'), 'topology');
    assert.equal(await complete('skydive client query G --fo'), '--format');
  });
});

test('an answer that breaks off is a failure, at once', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"ID":');
      socket.destroySoon();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await skydive(['client', 'query', 'G', '--analyzer', `127.0.0.1:${port}`]);
    assert.equal(code, 1);
    assert.match(stderr, /\tERROR\t/);
  } finally {
    server.close();
  }
});

test('skydive-cli has the client commands at the top', async () => {
  await withFolder(async (folder) => {
    const link = join(folder, 'skydive-cli');
    await symlink(bundle, link);
    await withRecorder({}, async (address) => {
      const child = spawn(process.execPath, [link, 'query', 'G', '--analyzer', address], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [data] = await once(child.stdout, 'data');
      assert.equal(String(data), '[]\n');
    });
  });
});
