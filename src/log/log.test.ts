// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { ConfigValue } from '../config/key.js';
import { loadConfig } from '../config/load.js';
import { frameOf } from './caller.js';
import { logKeys } from './keys.js';
import { levelOf } from './level.js';
import { consoleEncoder, isoTime } from './line.js';
import { type LogRequest, openLog } from './open.js';
import { redactor } from './redact.js';
import { maxWaitingBytes } from './sink.js';
import { stamp } from './syslog.js';

/** Takes lines at once, or keeps them waiting until `release`. */
class Terminal extends Writable {
  text = '';
  isTTY: boolean;
  #held: (() => void)[] | undefined;

  constructor({ tty = false, held = false } = {}) {
    super({ decodeStrings: false });
    this.isTTY = tty;
    this.#held = held ? [] : undefined;
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    if (this.#held) this.#held.push(done);
    else done();
  }
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const done of held) done();
  }
}

async function configOf(options: Record<string, ConfigValue>) {
  const host = { key: 'host_id', type: 'string', default: 'h1', doc: '' } as const;
  const loaded = await loadConfig({
    files: [],
    env: {},
    options,
    rooms: [[host], logKeys],
    defaultFile: '/nowhere',
  });
  return loaded.config;
}

async function logTo(options: Record<string, ConfigValue>, rest: Partial<LogRequest> = {}) {
  const stderr = new Terminal();
  const stdout = new Terminal();
  const now = () => new Date('2026-11-22T05:14:00.123Z');
  const log = await openLog({ config: await configOf(options), stderr, stdout, now, ...rest });
  return { log, stderr, stdout };
}

test('a console line has time, level, caller and the message behind host and id', async () => {
  const { log, stderr } = await logTo({ 'logging.id': 'agent' });
  log.info('hello');
  const [time, level, caller, message] = stderr.text.split('\t');
  assert.equal(time, isoTime(new Date('2026-11-22T05:14:00.123Z')));
  assert.equal(level, 'INFO');
  assert.match(caller!, /^log\/log\.test\.js:\d+ TestContext\.<anonymous>$/);
  assert.equal(message, 'h1:agent hello\n');
});

test('without an id the prefix is the host alone', async () => {
  const { log, stderr } = await logTo({});
  log.error('x');
  assert.match(stderr.text, /\tERROR\t.*\th1: x\n$/);
});

test('a JSON line has ts, level, caller and message, and stacktrace for CRITICAL', async () => {
  const { log, stderr } = await logTo({ 'logging.encoder': 'json', 'logging.color': true });
  log.warn('a\nb');
  log.critical('dead', new Error('why'));
  const [first, second] = stderr.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(Object.keys(first).sort(), ['caller', 'level', 'message', 'ts']);
  assert.equal(first.message, 'h1: a\nb');
  assert.equal(first.level, 'WARN');
  assert.match(second.stacktrace, /^Error: why\n {4}at /);
});

const levelRows: [name: string, lines: string[]][] = [
  ['CRITICAL', ['CRITICAL']],
  ['ERROR', ['ERROR', 'CRITICAL']],
  ['WARNING', ['WARN', 'ERROR', 'CRITICAL']],
  ['NOTICE', ['INFO', 'WARN', 'ERROR', 'CRITICAL']],
  ['INFO', ['INFO', 'WARN', 'ERROR', 'CRITICAL']],
  ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']],
  ['debug', ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']],
  ['info', ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']],
];
for (const [name, want] of levelRows) {
  test(`logging.level ${name} lets through ${want.join(', ')}`, async () => {
    const { log, stderr } = await logTo({ 'logging.level': name, 'logging.encoder': 'json' });
    log.debug('');
    log.info('');
    log.warn('');
    log.error('');
    log.critical('');
    const lines = stderr.text.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level),
      want,
    );
  });
}

test('the default level is INFO', () => assert.equal(levelOf('INFO'), 'INFO'));

test('each backend has its own level and encoder', async () => {
  const { log, stderr, stdout } = await logTo({
    'logging.backends': ['stderr', 'stdout'],
    'logging.level': 'ERROR',
    'logging.stdout.level': 'DEBUG',
    'logging.stdout.encoder': 'json',
  });
  log.debug('quiet');
  log.error('loud');
  assert.equal(stderr.text.match(/\n/g)?.length, 1);
  assert.match(stderr.text, /\tERROR\t/);
  assert.deepEqual(
    stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message),
    ['h1: quiet', 'h1: loud'],
  );
});

const colorRows: [name: string, tty: boolean, color: boolean | undefined, want: boolean][] = [
  ['a terminal has colours', true, undefined, true],
  ['a pipe has none', false, undefined, false],
  ['a pipe has colours when they are asked for', false, true, true],
  ['a terminal has none when they are refused', true, false, false],
];
for (const [name, tty, color, want] of colorRows) {
  test(`logging.color: ${name}`, async () => {
    const stderr = new Terminal({ tty });
    const { log } = await logTo(color === undefined ? {} : { 'logging.color': color }, { stderr });
    log.info('x');
    assert.equal(stderr.text.includes('\x1b[34mINFO\x1b[0m'), want);
  });
}

test('an unknown backend is refused by name', async () => {
  await assert.rejects(logTo({ 'logging.backends': ['stderr', 'journal'] }), {
    code: 'SKY_E_CONFIG',
    message: /^Invalid logging backend: journal; /,
  });
});

test('a reader that takes nothing costs bounded memory, and is told what it missed', async () => {
  const stderr = new Terminal({ held: true });
  const { log } = await logTo({}, { stderr });
  const line = 'x'.repeat(10_000);
  for (let count = 0; count < 1000; count++) log.info(line);
  assert.ok(stderr.writableLength < maxWaitingBytes + 20_000, `${stderr.writableLength} bytes wait`);
  const dropped = log.dropped()['stderr']!;
  assert.ok(dropped > 800, `${dropped} dropped`);
  stderr.release();
  await new Promise((resolve) => stderr.write('', resolve));
  log.info('again');
  assert.match(
    stderr.text,
    new RegExp(`\\n${dropped} log lines were dropped here[^\\n]*\\n[^\\n]*h1: again\\n$`),
  );
});

test('a reader that went away does not end the process', async () => {
  const { log, stderr } = await logTo({});
  stderr.destroy(new Error('EPIPE'));
  await new Promise((resolve) => stderr.once('close', resolve));
  log.info('x');
  assert.equal(log.dropped()['stderr'], 1);
});

test('the file is emptied at start, holds every line after close, and takes none then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-log-'));
  try {
    const path = join(folder, 'skydive.log');
    await writeFile(path, 'old');
    const { log } = await logTo({ 'logging.backends': ['file'], 'logging.file.path': path });
    for (let count = 0; count < 500; count++) log.info(`line ${count}`);
    await log.close();
    log.info('late');
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    assert.equal(lines.length, 500);
    assert.match(lines[499]!, /h1: line 499$/);
    assert.equal(log.dropped()['file'], 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a file that cannot be opened is refused by key and path', async () => {
  await assert.rejects(logTo({ 'logging.backends': ['file'], 'logging.file.path': '/nowhere/x.log' }), {
    code: 'SKY_E_CONFIG',
    message: /^cannot open logging\.file\.path \/nowhere\/x\.log: ENOENT/,
  });
});

test('a full disk drops lines, says so once, and does not stop the program', async () => {
  const { log, stderr } = await logTo({ 'logging.backends': ['file'], 'logging.file.path': '/dev/full' });
  log.info('first');
  log.info('second');
  await log.close();
  assert.equal(log.dropped()['file'], 2);
  assert.match(stderr.text, /^cannot write log \/dev\/full: ENOSPC[^\n]*\n$/);
});

test('syslog over UDP carries facility daemon, severity, tag and process id', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const { log } = await logTo({
    'logging.backends': ['syslog'],
    'logging.syslog.protocol': 'udp',
    'logging.syslog.address': `127.0.0.1:${server.address().port}`,
    'logging.syslog.tag': 'sky',
  });
  const received = once(server, 'message');
  log.error('boom');
  const [message] = await received;
  assert.match(String(message), new RegExp(`^<27>\\S+Z \\S+ sky\\[${process.pid}\\]: .*\\th1: boom$`));
  await log.close();
  server.close();
});

for (const protocol of ['tcp', 'unix']) {
  test(`syslog over ${protocol} sends a line each and all of them before it closes`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skydive-log-'));
    let text = '';
    const server = createServer((socket) =>
      socket
        .on('data', (chunk) => {
          text += chunk;
        })
        .on('end', () => server.emit('skydive-end')),
    );
    const path = join(folder, 'log');
    server.listen(protocol === 'tcp' ? { port: 0, host: '127.0.0.1' } : { path });
    await once(server, 'listening');
    const address = protocol === 'tcp' ? `127.0.0.1:${(server.address() as AddressInfo).port}` : path;
    const { log } = await logTo({
      'logging.backends': ['syslog'],
      'logging.syslog.protocol': protocol,
      'logging.syslog.address': address,
    });
    const ended = once(server, 'skydive-end');
    log.info('one');
    log.warn('two');
    await log.close();
    await ended;
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0]!, /^<30>.*: one$/);
    assert.match(lines[1]!, /^<28>.*: two$/);
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
}

test('syslog over unixgram opens its socket anew when the daemon restarts, and counts what is lost', async () => {
  const sent: string[] = [];
  let opened = 0;
  let alive = true;
  let full = false;
  const openDatagram = (path: string) => {
    assert.equal(path, '/dev/log');
    if (!alive) throw new Error('ECONNREFUSED');
    const generation = ++opened;
    return {
      send(message: string) {
        if (generation !== opened || !alive) throw new Error('ENOTCONN');
        if (!full) sent.push(message);
        return !full;
      },
      close() {},
    };
  };
  const { log } = await logTo({ 'logging.backends': ['syslog'] }, { openDatagram });
  log.info('one');
  alive = false;
  log.info('lost');
  alive = true;
  log.info('two');
  full = true;
  log.info('lost too');
  assert.deepEqual(
    sent.map((message) => message.replace(/^<30>\w+ [ \d]\d [\d:]{8} skydive\[\d+\]: .*h1: /, '')),
    ['one', 'two'],
  );
  assert.equal(log.dropped()['syslog'], 2);
  await log.close();
});

test('a syslog daemon that is not there is refused with the keys to change', async () => {
  const options = {
    'logging.backends': ['syslog'],
    'logging.syslog.protocol': 'unix',
    'logging.syslog.address': '/nowhere',
  };
  await assert.rejects(logTo(options), {
    code: 'SKY_E_CONFIG',
    message: /^cannot reach syslog at unix \/nowhere: .*logging\.syslog\.address/,
  });
});

test('secrets of the configuration and passwords in URLs never reach a line', async () => {
  const { log, stderr } = await logTo({}, { secrets: ['hunter22', 'a'] });
  log.error('login with hunter22 to http://bob:pa:ss@db:9200/ failed, ask a@b.c');
  log.critical('x', new Error('bad hunter22'));
  assert.doesNotMatch(stderr.text, /hunter22|pa:ss/);
  assert.match(stderr.text, /login with \*{8} to http:\/\/bob:\*{8}@db:9200\/ failed, ask a@b\.c/);
});

test('the longest secret is masked first', () => {
  assert.equal(redactor(['secret', 'secret-long'])('a secret-long b'), 'a ******** b');
});

test('control characters are escaped and further lines indented, so that no name forges a line', () => {
  const encode = consoleEncoder(false);
  const line = encode({ time: new Date(0), level: 'INFO', caller: 'c', message: 'a\x1b[2J\nb\r' });
  assert.equal(line.slice(line.indexOf('c\t')), 'c\ta\\x1b[2J\n\tb\\x0d\n');
});

const frames: [stack: string, want: string][] = [
  ['Error\n    at foo (file:///a/b/c.mjs:12:3)', 'b/c.mjs:12 foo'],
  ['Error\n    at async Foo.bar (file:///a/b/c.mjs:12:3)', 'b/c.mjs:12 Foo.bar'],
  ['Error\n    at new Foo (/a/b/c.mjs:12:3)', 'b/c.mjs:12 Foo'],
  ['Error\n    at file:///a/b/c.mjs:1:30', 'b/c.mjs:1'],
  ['Error\n    at node:internal/timers:5:1', 'internal/timers:5'],
  ['Error', '-'],
];
for (const [stack, want] of frames) {
  test(`the caller of ${JSON.stringify(stack)} is ${want}`, () => {
    assert.equal(frameOf(stack).replace('node:', ''), want);
  });
}

test('time is ISO 8601 with the offset of the zone', () => {
  const at = new Date('2026-01-02T03:04:05.006Z');
  const offset = (minutes: number): Date =>
    Object.assign(new Date(at), { getTimezoneOffset: () => -minutes });
  assert.equal(isoTime(offset(0)), '2026-01-02T03:04:05.006Z');
  assert.equal(isoTime(offset(330)), '2026-01-02T08:34:05.006+0530');
  assert.equal(isoTime(offset(-150)), '2026-01-02T00:34:05.006-0230');
});

test('the day of a syslog stamp is padded with a space', () => {
  assert.equal(stamp(new Date(2026, 10, 2, 5, 4, 3)), 'Nov  2 05:04:03');
});
