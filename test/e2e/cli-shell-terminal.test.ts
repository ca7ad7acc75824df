// SPDX-License-Identifier: Apache-2.0
// cli.md §6: the shell as people use it, on a pseudo-terminal, against a real server.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { graphOf, graphWithEndlessPast, nodeOf, until, withApi } from './api-fixture.js';
import { bundle } from './cli-fixture.js';
import { Terminal, terminalOrSkip } from './terminal.js';

const nodes = [
  nodeOf('eth0', { Driver: 'veth' }),
  nodeOf('eth1', { Driver: 'veth' }),
  nodeOf('lo', { Zone: 'here' }),
];

interface Session {
  readonly home: string;
  start(args?: readonly string[]): Terminal;
}

async function withHome(
  t: TestContext,
  port: number,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'skydive-shell-'));
  const terminals: Terminal[] = [];
  const start = (args: readonly string[] = []) => {
    const command = [process.execPath, bundle, 'client', 'shell', '--analyzer', `127.0.0.1:${port}`, ...args];
    const terminal = new Terminal(command, { HOME: home });
    terminals.push(terminal);
    return terminal;
  };
  // A shell whose terminal was taken away may still be saving its history.
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 20 }));
  try {
    await use({ home, start });
  } finally {
    for (const terminal of terminals) await terminal.kill();
  }
}

/** A test of one session against a server with three nodes. */
function session(name: string, use: (session: Session, port: number) => Promise<void>): void {
  test(name, async (t) => {
    if (!(await terminalOrSkip(t))) return;
    await withApi({ source: graphOf(nodes) }, ({ port }) => withHome(t, port, (opened) => use(opened, port)));
  });
}

session('a query is answered with a table, ^D leaves', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().Has("Name", "lo")\r');
  const shown = await shell.shows(/shell> $/);
  assert.match(shown, /ID {2}TYPE {4}NAME {2}STATE {2}IPV4 {2}HOST\r\nlo {2}device {2}lo +h\r\n/);
  shell.type('\u0004');
  assert.equal(await shell.ends(), 0);
});

session('steps, keys and values are completed from the graph', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().HasN\t');
  await shell.shows(/HasNot\(/);
  shell.type('"Dr\t');
  await shell.shows(/iver"/);
  shell.type(').Has("Na\t');
  await shell.shows(/me"/);
  shell.type(', "l\t');
  await shell.shows(/o"/);
  shell.type(').Count()\r');
  assert.match(await shell.shows(/shell> $/), /\r\n1\r\n/);
});

session('all that may stand there is listed at the second tab', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().Has("Name", "e\t');
  await shell.shows(/"eth/);
  shell.type('\t');
  assert.match(await shell.shows(/"eth1"/), /"eth0"/);
});

session('a step in the wrong case is completed to the documented one', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('g.v().cou\t');
  await shell.shows(/Count\(\)/);
  shell.type('\r');
  assert.match(await shell.shows(/shell> $/), /\r\n3\r\n/);
});

session('open parentheses continue with a prompt that shows their depth', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().Has(\r');
  await shell.shows(/\.{5} {5}\S*$/);
  shell.type('"Name", Regex(\r');
  await shell.shows(/\.{5} {9}\S*$/);
  shell.type('"eth."))\r');
  assert.match(await shell.shows(/shell> $/), /eth0 [\s\S]*eth1 /);
  shell.type('G.V(\r');
  await shell.shows(/\.{5} {5}\S*$/);
  shell.type('\r');
  assert.match(await shell.shows(/shell> $/), /found the end of the query/);
});

session('completion knows the lines before', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().Has("Name",\r');
  await shell.shows(/\.{5} /);
  shell.type('"l\t');
  await shell.shows(/"lo"/);
});

session('an error points at the token, and the shell lives on', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().OtuE()\r');
  const shown = await shell.shows(/shell> $/);
  assert.match(shown, /\r\nG\.V\(\)\.OtuE\(\)\r\n {6}\^~~~\r\n.*position 6.*did you mean `OutE`\?\r\n/);
  shell.type('client.G.V().result()\r');
  assert.match(await shell.shows(/shell> $/), /no JavaScript yet.*starts with G/);
  shell.type('G.V().Count()\r');
  assert.match(await shell.shows(/shell> $/), /\r\n3\r\n/);
});

session(
  '^C clears the line, drops a statement, and on an empty line says how to leave',
  async ({ start }) => {
    const shell = start();
    await shell.shows(/shell> /);
    shell.type('\u0003');
    await shell.shows(/\(\^D to quit\)\r\n\S*shell> $/);
    shell.type('G.V().Nope');
    await shell.shows(/Nope/);
    shell.type('\u0003');
    await shell.shows(/\^C\r\n\S*shell> $/);
    shell.type('G.V().Count()\r');
    assert.match(await shell.shows(/shell> $/), /\r\n3\r\n/);
    shell.type('G.V().Has(\r');
    await shell.shows(/\.{5} /);
    shell.type('\u0003');
    await shell.shows(/\^C\r\n\S*shell> $/);
    shell.type('G.E().Count()\r');
    assert.match(await shell.shows(/shell> $/), /\r\n0\r\n/);
  },
);

session('format changes how results are shown, help explains', async ({ start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('format yaml\rG.V("lo").Values("Name")\r');
  await shell.shows(/\r\n- lo\r\n/);
  shell.type('format xml\r');
  await shell.shows(/there is no format xml; there are json, table, yaml/);
  shell.type('help out\r');
  await shell.shows(/Out: [\s\S]*follows V, Flows; gives V/);
  shell.type('help\r');
  await shell.shows(/ShortestPathTo/);
});

session('lines are kept between sessions, those of one statement as one', async ({ home, start }) => {
  const file = join(home, 'new/history');
  const first = start(['--history', file]);
  await first.shows(/shell> /);
  first.type('G.V().Count()\r');
  await first.shows(/\r\n3\r\n/);
  first.type('G.V().Has(\r');
  await first.shows(/\.{5} /);
  first.type('"Zone").Count()\r');
  await first.shows(/\r\n1\r\n[\s\S]*shell> $/);
  first.type('exit\r');
  assert.equal(await first.ends(), 0);
  assert.equal(await readFile(file, 'utf8'), 'G.V().Count()\nG.V().Has( "Zone").Count()\nexit\n');
  assert.equal((await stat(join(home, 'new'))).mode & 0o777, 0o750 & ~process.umask());
  const second = start(['--history', file]);
  await second.shows(/shell> /);
  second.type('\u001b[A');
  await second.shows(/exit/);
  second.type('\u001b[A');
  await second.shows(/"Zone"/);
  second.type('\u001b[A\r');
  await second.shows(/\r\n3\r\n/);
});

session('the history is in the home of the user unless told otherwise', async ({ home, start }) => {
  const shell = start();
  await shell.shows(/shell> /);
  shell.type('G.V().Count()\r');
  await shell.shows(/\r\n3\r\n/);
  shell.type('\u0004');
  await shell.ends();
  assert.equal(await readFile(join(home, '.skydive_history'), 'utf8'), 'G.V().Count()\n');
});

session(
  'a history that cannot be read or written is an error in the log, not the end',
  async ({ home, start }) => {
    const shell = start(['--history', home]);
    await shell.shows(/ERROR.*cannot read the history: EISDIR/);
    await shell.shows(/shell> /);
    shell.type('G.V().Count()\r');
    await shell.shows(/\r\n3\r\n/);
    shell.type('\u0004');
    await shell.shows(/ERROR.*cannot save the history: EISDIR/);
    assert.equal(await shell.ends(), 0);
  },
);

test('^C stops a query, and the analyzer too', async (t) => {
  if (!(await terminalOrSkip(t))) return;
  const source = graphWithEndlessPast(nodes);
  await withApi({ source }, ({ port }) =>
    withHome(t, port, async ({ start }) => {
      const shell = start();
      await shell.shows(/shell> /);
      shell.type('G.At("-1h").V()\r');
      await until(() => source.held > 0);
      shell.type('\u0003');
      await shell.shows(/the query was stopped\r\n\S*shell> $/);
      await until(() => source.held === 0);
      shell.type('G.V().Count()\r');
      assert.match(await shell.shows(/shell> $/), /\r\n3\r\n/);
    }),
  );
});

test('the shell outlives its analyzer and finds it again', async (t) => {
  if (!(await terminalOrSkip(t))) return;
  let port = 0;
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const before = withApi({ source: graphOf(nodes) }, async (api) => {
    port = api.port;
    started();
    await stopped;
  });
  await running;
  await withHome(t, port, async ({ start }) => {
    const shell = start();
    await shell.shows(/shell> /);
    shell.type('G.V().Count()\r');
    await shell.shows(/\r\n3\r\n[\s\S]*shell> $/);
    stop();
    await before;
    shell.type('G.V().Has("\t');
    shell.type('Name").Count()\r');
    await shell.shows(/cannot reach the analyzer at 127\.0\.0\.1:\d+: .*\r\n\S*shell> $/);
    const listen = { host: '127.0.0.1', port };
    await withApi({ source: graphOf(nodes.slice(1)), listen }, async () => {
      shell.type('G.V().Count()\r');
      await shell.shows(/\r\n2\r\n[\s\S]*shell> $/);
    });
  });
});

test('a lost terminal ends the shell, and its history holds every line that was entered', async (t) => {
  if (!(await terminalOrSkip(t))) return;
  await withApi({ source: graphOf(nodes) }, ({ port }) =>
    withHome(t, port, async ({ home, start }) => {
      const file = join(home, '.skydive_history');
      const shell = start();
      await shell.shows(/shell> /);
      shell.type('G.V().Count()\r');
      await shell.shows(/\r\n3\r\n[\s\S]*shell> $/);
      assert.equal(await readFile(file, 'utf8'), 'G.V().Count()\n', 'a line is kept before it is answered');
      shell.type('G.V().Has(\r');
      await shell.shows(/\.{5} /);
      shell.type('"Zone").Count()\r');
      await shell.shows(/\r\n1\r\n[\s\S]*shell> $/);
      const pid = await shellOf(home);
      await shell.kill();
      // Its parent is gone as well: nobody tells how it ended.
      await until(() => !existsSync(`/proc/${pid}`) || stateOf(pid) === 'Z');
      assert.equal(await readFile(file, 'utf8'), 'G.V().Count()\nG.V().Has( "Zone").Count()\n');
      assert.deepEqual(await readdir(home), ['.skydive_history']);
    }),
  );
});

/** The process of the shell whose home this is. */
async function shellOf(home: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [command, environment] = await Promise.all(
      ['comm', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    if (environment?.split('\0').includes(`HOME=${home}`) && command?.trim() === 'node') return Number(name);
  }
  throw new Error(`no shell has its home in ${home}`);
}

function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
  } catch {
    return 'Z';
  }
}
