// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { silentLogger } from '../log/logger.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import { Outgoing } from './outgoing.js';
import { type Authenticate, WireServer } from './server.js';
import { shareWire } from './shared.js';
import type { Speaker } from './speaker.js';

interface Scene {
  readonly port: number;
  readonly endpoint: Endpoint;
  readonly server: WireServer;
  readonly shared: ReturnType<typeof shareWire>;
}

interface SceneOptions extends Partial<EndpointOptions> {
  readonly authenticate?: Authenticate;
  readonly pingDelayMs?: number;
  readonly pongTimeoutMs?: number;
  readonly maxMessageBytes?: number;
}

async function scene(t: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const { authenticate, pingDelayMs, pongTimeoutMs, maxMessageBytes, ...rest } = options;
  const endpoint = new Endpoint('/ws/test', { limit: 'api', ...rest });
  const shared = shareWire({ log: silentLogger });
  const server = new WireServer({
    host: 'an1',
    serviceType: 'analyzer',
    endpoints: [endpoint],
    shared,
    ...(authenticate && { authenticate }),
    ...(pingDelayMs && { pingDelayMs }),
    ...(pongTimeoutMs && { pongTimeoutMs }),
    ...(maxMessageBytes && { maxMessageBytes }),
  });
  const http = createServer();
  server.attach(http);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.stop();
    http.close();
  });
  return { port: (http.address() as AddressInfo).port, endpoint, server, shared };
}

type Headers = Record<string, string | string[]>;

/** Sends an upgrade request by hand and gives the answer's head, and what follows it until the end. */
function upgrade(
  port: number,
  lines: readonly string[],
  path = '/ws/test',
): Promise<{ head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const got: Buffer[] = [];
    const request = [`GET ${path} HTTP/1.1`, 'Host: x', ...lines, '', ''];
    socket.write(request.join('\r\n'));
    socket.on('data', (bytes) => {
      got.push(bytes);
      const all = Buffer.concat(got);
      const end = all.indexOf('\r\n\r\n');
      // A ping or a close frame is the first thing behind a 101.
      if (end !== -1 && all.length > end + 5 && all.toString('latin1').startsWith('HTTP/1.1 101'))
        socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const all = Buffer.concat(got);
      const end = all.indexOf('\r\n\r\n');
      resolve({ head: all.toString('latin1', 0, end), rest: all.subarray(end + 4) });
    });
  });
}

const good = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
];

async function client(t: TestContext, port: number, headers: Headers, path = '/ws/test'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    perMessageDeflate: false,
    headers: headers as Record<string, string>,
  });
  t.after(() => socket.terminate());
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    // The server pings as soon as the connection is accepted.
    socket.once('ping', () => resolve());
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.once('error', reject);
  });
  return socket;
}

function next(socket: WebSocket): Promise<{ text: string; binary: boolean }> {
  return new Promise((resolve) => {
    socket.once('message', (data, binary) => resolve({ text: (data as Buffer).toString(), binary }));
  });
}

function once<T>(listen: (done: (value: T) => void) => void): Promise<T> {
  return new Promise(listen);
}

test('the 101 has the two mandatory headers, a bare Connection: Upgrade and nothing else; a ping follows', async (t) => {
  const { port } = await scene(t);
  const { head, rest } = await upgrade(port, [
    ...good,
    'X-Client-Type: t',
    'Sec-WebSocket-Extensions: permessage-deflate',
  ]);
  assert.deepEqual(head.split('\r\n'), [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: BACScCJPNqyz+UBoqMH89VmURoA=',
    'X-Host-Id: an1',
    'X-Service-Type: analyzer',
  ]);
  assert.equal(rest.toString('hex'), '8900');
});

for (const [name, lines] of [
  ['no client type', ['X-Host-ID: a']],
  ['an empty client type', ['X-Client-Type: ']],
  ['a protocol in another case', ['X-Client-Type: t', 'X-Client-Protocol: JSON']],
  ['an unknown protocol', ['X-Client-Type: t', 'X-Client-Protocol: xml']],
] as const) {
  test(`${name} is refused behind the 101 with close 1000, without a ping`, async (t) => {
    const { port, shared } = await scene(t);
    const { head, rest } = await upgrade(port, [...good, ...lines]);
    assert.match(head, /^HTTP\/1.1 101 /);
    assert.equal(rest.toString('hex'), '880203e8');
    assert.equal(shared.complaints.count('refused'), 1);
  });
}

test('the endpoint refuses with close 1000, at once or after a while', async (t) => {
  for (const accept of [
    () => {
      throw new Error('bad filter');
    },
    () => Promise.reject(new Error('bad filter')),
  ]) {
    const { port } = await scene(t, { accept });
    const { rest } = await upgrade(port, [...good, 'X-Client-Type: t']);
    assert.equal(rest.toString('hex'), '880203e8');
  }
});

test('what the endpoint sends while accepting comes behind the first ping', async (t) => {
  const accept = (speaker: Speaker) =>
    void speaker.send(Outgoing.text({ namespace: 'n', type: 'x', uuid: 'u' }, () => '1'));
  const { port } = await scene(t, { accept });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/test`, { headers: { 'X-Client-Type': 't' } });
  t.after(() => socket.terminate());
  const order: string[] = [];
  await once<void>((done) => {
    socket.on('ping', () => order.push('ping'));
    socket.on('message', (data) => {
      order.push((data as Buffer).toString());
      done();
    });
  });
  assert.deepEqual(order, ['ping', '{"Namespace":"n","Type":"x","UUID":"u","Status":200,"Obj":1}']);
});

test('a host id that is connected is refused with 409 and its cookies, and is free again after the disconnect', async (t) => {
  const { port, endpoint } = await scene(t, {
    authenticate: () => ({ admitted: true, cookies: ['permissions=x'] }),
  });
  const first = await client(t, port, { 'X-Client-Type': 't', 'X-Host-ID': 'h' });
  const { head } = await upgrade(port, [...good, 'X-Client-Type: t', 'X-Host-ID: h']);
  assert.match(head, /^HTTP\/1.1 409 Conflict\r\nConnection: close\r\nSet-Cookie: permissions=x\r\n/);
  first.terminate();
  await once<void>((done) => endpoint.onDisconnected(() => done()));
  const again = await client(t, port, { 'X-Client-Type': 't', 'X-Host-ID': 'h' });
  assert.equal(again.readyState, WebSocket.OPEN);
});

test('authentication comes before everything, authorization before the host id, that before the handshake', async (t) => {
  const seen: string[] = [];
  const authenticate = (request: IncomingMessage, path: string) => {
    seen.push(path);
    const token = request.headers['x-auth-token'];
    if (token === undefined)
      return { admitted: false as const, status: 401 as const, body: 'Wrong credentials' };
    if (token === 'guest') return { admitted: false as const, status: 403 as const };
    return { admitted: true as const };
  };
  const { port, shared } = await scene(t, { authenticate });
  await client(t, port, { 'X-Client-Type': 't', 'X-Host-ID': 'h', 'X-Auth-Token': 'admin' });
  const none = await upgrade(port, [...good, 'X-Host-ID: h']);
  assert.match(none.head, /^HTTP\/1.1 401 Unauthorized/);
  assert.equal(none.rest.toString(), 'Wrong credentials');
  const guest = await upgrade(port, [...good, 'X-Host-ID: h', 'X-Auth-Token: guest']);
  assert.match(guest.head, /^HTTP\/1.1 403 Forbidden\r\nConnection: close/);
  const badVersion = good.map((line) => line.replace('13', '8'));
  const same = await upgrade(port, [...badVersion, 'X-Host-ID: h', 'X-Auth-Token: admin']);
  assert.match(same.head, /^HTTP\/1.1 409 /);
  const other = await upgrade(port, [...badVersion, 'X-Auth-Token: admin']);
  assert.match(other.head, /^HTTP\/1.1 500 Internal Server Error\r\nConnection: close/);
  assert.deepEqual(new Set(seen), new Set(['/ws/test']));
  assert.deepEqual(shared.complaints.counts(), {
    authentication: 1,
    forbidden: 1,
    duplicateHost: 1,
    badUpgrade: 1,
  });
});

test('parameters are looked up in headers, then in the query string', async (t) => {
  const { port, endpoint } = await scene(t);
  await client(
    t,
    port,
    { 'X-Client-Type': 'header', 'X-Websocket-Namespace': ['Graph', 'a,b'] },
    '/ws/test?x-client-type=query&x-host-id=q&x-websocket-namespace=flow&x-client-protocol=protobuf&x-update-policy=partial',
  );
  const [speaker] = endpoint.speakers;
  assert.ok(speaker);
  assert.equal(speaker.origin, 'header.q');
  assert.equal(speaker.peer.protocol, 'protobuf');
  assert.equal(speaker.peer.parameter('X-Update-Policy'), 'partial');
  assert.deepEqual(speaker.peer.header('X-Update-Policy'), []);
  assert.deepEqual([...speaker.peer.namespaces], ['Graph', 'a,b', 'flow']);
});

test('without a host id a client is its address, without namespaces it gets all', async (t) => {
  const { port, endpoint } = await scene(t);
  await client(t, port, { 'X-Client-Type': 't' });
  const [speaker] = endpoint.speakers;
  assert.match(speaker!.peer.host, /^127\.0\.0\.1:\d+$/);
  assert.ok(speaker!.accepts('anything'));
  const status = endpoint.status()[speaker!.peer.host]!;
  const { ConnectTime, Port, RemoteHost, ...rest } = status;
  assert.deepEqual(rest, { ServiceType: 't', ClientProtocol: 'json', Addr: '127.0.0.1', IsConnected: true });
  assert.equal(RemoteHost, `127.0.0.1:${Port}`);
  assert.ok(Math.abs(Date.parse(ConnectTime) - Date.now()) < 60_000);
});

test('an IPv6 address as host id is in brackets', async (t) => {
  const endpoint = new Endpoint('/ws/test', { limit: 'api' });
  const shared = shareWire({ log: silentLogger });
  const server = new WireServer({ host: 'an1', serviceType: 'analyzer', endpoints: [endpoint], shared });
  const http = createServer();
  server.attach(http);
  const listening = await new Promise<boolean>((done) => {
    http.once('error', () => done(false));
    http.listen(0, '::1', () => done(true));
  });
  t.after(() => {
    server.stop();
    http.close();
  });
  if (!listening) {
    assert.notEqual(process.env['CI'], 'true', 'CI has to have IPv6');
    t.skip('needs IPv6 on the loopback interface');
    return;
  }
  const { port } = http.address() as AddressInfo;
  const socket = new WebSocket(`ws://[::1]:${port}/ws/test`, { headers: { 'X-Client-Type': 't' } });
  t.after(() => socket.terminate());
  await once<void>((done) => socket.once('ping', () => done()));
  const [speaker] = endpoint.speakers;
  assert.match(speaker!.peer.host, /^\[::1\]:\d+$/);
  assert.equal(speaker!.peer.address, '::1');
});

test('only namespaces that the client names are sent, compared as they are', async (t) => {
  const { port, endpoint } = await scene(t);
  const socket = await client(t, port, { 'X-Client-Type': 't', 'X-Websocket-Namespace': 'flow' });
  for (const namespace of ['Graph', 'flow/x', 'flow']) {
    endpoint.broadcast(Outgoing.text({ namespace, type: 't', uuid: 'u' }, () => '1'));
  }
  assert.match((await next(socket)).text, /"Namespace":"flow"/);
});

test('text or binary frames, whole or in pieces, are decoded by the declared protocol', async (t) => {
  const { port, endpoint } = await scene(t);
  const types: string[] = [];
  const got = once<void>((done) => {
    endpoint.on('n', (_, message) => {
      types.push(message.type);
      if (types.length === 4) done();
    });
  });
  const socket = await client(t, port, { 'X-Client-Type': 't', 'X-Client-Protocol': '' });
  socket.send('{"Namespace":"n","Type":"text","Obj":1}');
  socket.send(Buffer.from('{"Namespace":"n","Type":"binary","Obj":1}'));
  socket.send('{"Namespace":"n",', { fin: false });
  socket.send('"Type":"pieces","Obj":1}', { fin: false });
  socket.send('', { fin: true });
  socket.send(
    Buffer.from([...Buffer.from('{"Namespace":"n","Type":"'), 0xff, ...Buffer.from('","Obj":1}')]),
    { binary: false },
  );
  await got;
  assert.deepEqual(types, ['text', 'binary', 'pieces', '�']);
});

test('messages go to the handlers of their namespace, then to those of *, in order', async (t) => {
  const { port, endpoint } = await scene(t);
  const seen: string[] = [];
  endpoint.on('*', (_, message) => {
    if (message.namespace !== 'end') seen.push(`* ${message.type}`);
  });
  endpoint.on('n', async (_, message) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`first ${message.type}`);
  });
  endpoint.on('n', function* (_, message) {
    yield;
    seen.push(`second ${message.type}`);
  });
  const end = once<void>((done) => endpoint.on('end', () => done()));
  const socket = await client(t, port, { 'X-Client-Type': 't' });
  for (const [namespace, type] of [
    ['n', '1'],
    ['other', '2'],
    ['n', '3'],
    ['end', ''],
  ]) {
    socket.send(JSON.stringify({ Namespace: namespace, Type: type, Obj: null }));
  }
  await end;
  assert.deepEqual(seen, ['first 1', 'second 1', '* 1', '* 2', 'first 3', 'second 3', '* 3']);
});

test('a request gets the message that repeats its UUID, whatever its namespace; late ones are ordinary', async (t) => {
  const { port, endpoint } = await scene(t);
  const socket = await client(t, port, { 'X-Client-Type': 't' });
  const [speaker] = endpoint.speakers;
  const ordinary = once<string>((done) => endpoint.on('other', (_, message) => done(message.type)));
  const asked = next(socket);
  const reply = speaker!.request(Outgoing.json({ namespace: 'Flow', type: 'TableQuery' }, {}));
  const { UUID } = JSON.parse((await asked).text) as { UUID: string };
  const answer = (type: string) =>
    socket.send(JSON.stringify({ Namespace: 'other', Type: type, UUID, Obj: type }));
  answer('first');
  answer('second');
  assert.equal((await reply).payload.json(), 'first');
  assert.equal(await ordinary, 'second');
  await assert.rejects(speaker!.request(Outgoing.json({ namespace: 'n', type: 't' }, {}), 1), {
    code: 'SKY_E_TIMEOUT',
  });
  const lost = speaker!.request(Outgoing.json({ namespace: 'n', type: 't' }, {}));
  socket.terminate();
  await assert.rejects(lost, { code: 'SKY_E_WIRE' });
});

test('malformed messages and handlers that fail are counted and the connection goes on', async (t) => {
  const { port, endpoint, shared } = await scene(t);
  endpoint.on('bad', () => {
    throw new Error('no');
  });
  endpoint.on('bad', () => Promise.reject(new Error('no')));
  endpoint.on('bad', function* () {
    yield;
    throw new Error('no');
  });
  const end = once<void>((done) => endpoint.on('end', () => done()));
  const socket = await client(t, port, { 'X-Client-Type': 't' });
  socket.send('nonsense');
  socket.send(`{"Type":"${'x'.repeat(200_000)}`);
  socket.send('{"Namespace":"bad","Obj":1}');
  socket.send('{"Namespace":"end"}');
  await end;
  assert.deepEqual(shared.complaints.counts(), { malformedMessage: 2, handlerError: 3 });
  assert.equal(socket.readyState, WebSocket.OPEN);
});

test('the last message before the TCP end is handled before the disconnect is told', async (t) => {
  const { port, endpoint } = await scene(t);
  const order: string[] = [];
  endpoint.on('n', async (_, message) => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push(message.type);
  });
  const gone = once<void>((done) => {
    endpoint.onDisconnected(() => {
      order.push('gone');
      done();
    });
  });
  const socket = await client(t, port, { 'X-Client-Type': 't' });
  for (const type of ['1', '2', '3']) socket.send(JSON.stringify({ Namespace: 'n', Type: type, Obj: 1 }));
  // Ends the TCP stream behind the last frame, without a close frame.
  (socket as unknown as { _socket: { end(): void } })._socket.end();
  await gone;
  assert.deepEqual(order, ['1', '2', '3', 'gone']);
});

test('a message above the limit closes with 1009, a malformed frame with 1002; both are counted', async (t) => {
  const { port, shared } = await scene(t, { maxMessageBytes: 1000 });
  const large = await client(t, port, { 'X-Client-Type': 't' });
  const closed = once<number>((done) => large.on('close', done));
  large.send('x'.repeat(1001));
  assert.equal(await closed, 1009);
  const broken = await client(t, port, { 'X-Client-Type': 't' });
  const brokenClosed = once<number>((done) => broken.on('close', done));
  (broken as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
    Buffer.from('ffff', 'hex'),
  );
  assert.equal(await brokenClosed, 1002);
  assert.deepEqual(shared.complaints.counts(), { tooLarge: 1, malformedFrame: 1 });
});

test('data does not keep a connection alive, pongs do', async (t) => {
  const { port, endpoint, shared } = await scene(t, { pingDelayMs: 10, pongTimeoutMs: 40 });
  const silent = new WebSocket(`ws://127.0.0.1:${port}/ws/test`, {
    autoPong: false,
    headers: { 'X-Client-Type': 't', 'X-Host-ID': 'silent' },
  });
  t.after(() => silent.terminate());
  const talk = setInterval(() => silent.readyState === WebSocket.OPEN && silent.send('{"Obj":1}'), 5);
  t.after(() => clearInterval(talk));
  const answering = await client(t, port, { 'X-Client-Type': 't', 'X-Host-ID': 'answering' });
  await once<void>((done) =>
    endpoint.onDisconnected((speaker) => {
      if (speaker.peer.host === 'silent') done();
    }),
  );
  assert.equal(shared.complaints.count('pongTimeout'), 1);
  let pongs = 0;
  await once<void>((done) => endpoint.onPong(() => ++pongs === 12 && done()));
  assert.equal(answering.readyState, WebSocket.OPEN);
});
