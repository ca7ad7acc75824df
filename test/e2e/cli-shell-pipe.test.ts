// SPDX-License-Identifier: Apache-2.0
// cli.md §6: the shell fed from a pipe and by --script.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { graphOf, nodeOf, withApi } from './api-fixture.js';
import { bundle, type Finished } from './cli-fixture.js';

let home = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'skydive-shell-'));
});
after(() => rm(home, { recursive: true, force: true }));

function shell(port: number, input: string, args: readonly string[] = []): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const command = [bundle, 'client', 'shell', '--analyzer', `127.0.0.1:${port}`, ...args];
    const child = spawn(process.execPath, command, {
      env: { PATH: process.env['PATH'] ?? '', HOME: home },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

const three = { source: graphOf([nodeOf('eth0'), nodeOf('eth1'), nodeOf('task-pv-1')]) };

test('lines from a pipe are answered in order as JSON, without prompts', async () => {
  await withApi(three, async ({ port }) => {
    const { code, stdout, stderr } = await shell(port, 'G.V().Count()\n\nG.V("eth0").Values("Name")\ng.e()');
    assert.deepEqual([code, stdout, stderr], [0, '3\n[\n\t"eth0"\n]\n[]\n', '']);
  });
});

test('a line that fails goes to stderr and the next one runs', async () => {
  await withApi(three, async ({ port }) => {
    const input = 'G.V().OtuE()\nconsole.log(1)\nG.V().Has("Name",\n"eth0"\n).Count()\nG.V(';
    const { code, stdout, stderr } = await shell(port, input);
    assert.equal(code, 0);
    assert.equal(stdout, '1\n');
    const lines = stderr.split('\n');
    assert.deepEqual(lines.slice(0, 2), ['G.V().OtuE()', '      ^~~~']);
    assert.match(lines[2]!, /^Expected step function, got: \w+ at position 6/);
    assert.match(lines[3]!, /no JavaScript yet/);
    assert.deepEqual(lines.slice(4, 6), ['G.V(', '    ^']);
    assert.match(lines[6]!, /the end of the query/);
  });
});

test('exit ends the shell before the lines behind it', async () => {
  await withApi(three, async ({ port }) => {
    const { code, stdout } = await shell(port, 'G.V().Count()\nexit\nG.V().Count()\n');
    assert.deepEqual([code, stdout], [0, '3\n']);
  });
});

test('no history is kept of a pipe', async () => {
  await withApi(three, async ({ port }) => {
    await shell(port, 'G.V().Count()\n');
    assert.deepEqual(await readdir(home), []);
  });
});

test('-o selects the form, a hint goes to stderr', async () => {
  await withApi(three, async ({ port }) => {
    const named = await shell(port, 'G.V().Has("Name", Regex("eth.")).Values("Name")\n', ['-o', 'table']);
    assert.deepEqual([named.stdout, named.stderr], ['eth0\neth1\n', '']);
    const hinted = await shell(port, 'G.V().Has("Name", Regex("task-pv-*"))\n', ['-o', 'table']);
    assert.equal(hinted.stdout, '(nothing)\n');
    assert.match(hinted.stderr, /^hint: Regex\("task-pv-\*"\) has to match the whole value/);
    const wrong = await shell(port, 'G\n', ['-o', 'dot']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Invalid output format dot/);
  });
});

test('hundreds of queries leave nothing behind that warns', async () => {
  await withApi(three, async ({ port }) => {
    const { stdout, stderr } = await shell(port, 'G.V().Count()\n'.repeat(300));
    assert.deepEqual([stdout, stderr], ['3\n'.repeat(300), '']);
  });
});

test('more lines than are read ahead are all run', async () => {
  await withApi(three, async ({ port }) => {
    const { stdout } = await shell(port, `${'help Nope\n'.repeat(5000)}G.V().Count()\n`);
    assert.equal(stdout.split('\n').length, 5002);
    assert.match(stdout, /\n3\n$/);
  });
});

test('an answer that breaks off is an error, and the shell lives on', async () => {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      asked++;
      if (asked > 1) return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n7\n');
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"ID":');
      socket.destroySoon();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await shell(port, 'G.V()\nG.V().Count()\n');
    assert.equal(code, 0);
    assert.match(stdout, /7\n$/);
    assert.match(stderr, /aborted/);
  } finally {
    server.close();
  }
});

test('--script runs first; then the lines do', async () => {
  await withApi(three, async ({ port }) => {
    const file = join(home, 'good.gremlin');
    await writeFile(file, '// all\nG.V()\n  .Count()\n\nG.E().Count()\n');
    const { stdout, stderr } = await shell(port, 'G.V("eth1").Values("Name")\n', ['--script', file]);
    assert.deepEqual([stdout, stderr], ['3\n0\n[\n\t"eth1"\n]\n', '']);
    await rm(file);
  });
});

for (const [name, script, place] of [
  ['a query that fails', 'G.V().Count()\nG.V().Nope()\nG.E().Count()\n', ':2: .*got: Nope at position 6'],
  ['JavaScript', 'G.V().Count()\nvar a = 1;\nG.E().Count()\n', ':2: .*no JavaScript yet'],
  ['no file', undefined, 'ENOENT'],
] as const) {
  test(`a script with ${name} is an error in the log, and the lines run all the same`, async () => {
    await withApi(three, async ({ port }) => {
      const file = join(home, 'bad.gremlin');
      if (script !== undefined) await writeFile(file, script);
      const { code, stdout, stderr } = await shell(port, 'G.V("eth1").Values("Name")\n', ['--script', file]);
      assert.equal(code, 0);
      assert.equal(stdout, `${script === undefined ? '' : '3\n'}[\n\t"eth1"\n]\n`);
      assert.match(stderr, new RegExp(`^\\S+\\tERROR\\t.*the script failed: .*${place}`));
      await rm(file, { force: true });
    });
  });
}
