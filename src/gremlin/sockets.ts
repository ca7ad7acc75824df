// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../graph/element.js';
import { rawField } from '../graph/field.js';
import { isMap } from '../graph/metadata.js';
import type { FlowsResult, Nodes, SocketsResult } from './current.js';
import { GremlinError } from './error.js';
import type { Run } from './run.js';

/** A socket as the socketinfo probe puts it on a host. */
export interface Socket {
  readonly Process: string;
  readonly Pid: number;
  readonly Name: string;
  readonly LocalAddress: string;
  readonly LocalPort: number;
  readonly RemoteAddress: string;
  readonly RemotePort: number;
  readonly Protocol: string;
  readonly State: string;
}

const texts = ['Process', 'Name', 'LocalAddress', 'RemoteAddress', 'Protocol', 'State'] as const;
const numbers = ['Pid', 'LocalPort', 'RemotePort'] as const;
const fields = new Set<string>([...texts, ...numbers]);

/** The socket in a metadata value; undefined when one of its members is of another type. */
function decode(value: MetadataValue): Socket | undefined {
  if (!isMap(value)) return undefined;
  if (texts.some((name) => value[name] !== undefined && typeof value[name] !== 'string')) return undefined;
  if (numbers.some((name) => value[name] !== undefined && typeof value[name] !== 'number')) return undefined;
  return {
    Process: '',
    Pid: 0,
    Name: '',
    LocalAddress: '',
    LocalPort: 0,
    RemoteAddress: '',
    RemotePort: 0,
    Protocol: '',
    State: '',
    ...(value as Partial<Socket>),
  };
}

/** The sockets of each node that tells of any. */
export async function socketsOfNodes(run: Run, input: Nodes): Promise<SocketsResult> {
  const { scope, handles } = await run.ordered(input);
  const sockets = new Map<string, readonly Socket[]>();
  for (let i = 0; i < handles.length; i++) {
    const node = scope.view.node(handles[i]!);
    const value = rawField(node, 'Sockets');
    if (Array.isArray(value))
      sockets.set(
        node.ID,
        (value as MetadataValue[]).map(decode).filter((s) => s !== undefined),
      );
    if ((i & 63) === 63 && run.scheduler.due()) await run.scheduler.pause();
  }
  return { kind: 'Sockets', sockets };
}

function keyOf(protocol: unknown, a: unknown, portA: unknown, b: unknown, portB: unknown): string {
  return [protocol, a, portA, b, portB].join(' ');
}

/** The sockets, of any node, at either end of each flow; TCP and UDP only. */
export async function socketsOfFlows(run: Run, { scope, flows }: FlowsResult): Promise<SocketsResult> {
  const { sockets: all } = await socketsOfNodes(run, {
    kind: 'V',
    scope,
    handles: await run.select(scope, 'node', { kind: 'not', filter: { kind: 'null', key: 'Sockets' } }),
    ordered: false,
  });
  const byTuple = new Map<string, Socket[]>();
  await run.scheduler.each(socketsOf(all), (socket) => {
    const { Protocol, LocalAddress, LocalPort, RemoteAddress, RemotePort } = socket;
    const key = keyOf(Protocol, LocalAddress, LocalPort, RemoteAddress, RemotePort);
    const same = byTuple.get(key);
    if (same === undefined) byTuple.set(key, [socket]);
    else same.push(socket);
  });
  const sockets = new Map<string, readonly Socket[]>();
  await run.scheduler.each(await flows(), ({ UUID, Network, Transport }) => {
    if (Network === undefined || (Transport?.Protocol !== 'TCP' && Transport?.Protocol !== 'UDP')) return;
    const { Protocol, A, B } = Transport;
    const found = [
      ...(byTuple.get(keyOf(Protocol, Network.A, A, Network.B, B)) ?? []),
      ...(byTuple.get(keyOf(Protocol, Network.B, B, Network.A, A)) ?? []),
    ];
    if (found.length > 0) sockets.set(UUID, found);
  });
  return { kind: 'Sockets', sockets };
}

/** One field of all sockets. Throws X-FIELD for a field that sockets do not have. */
export async function socketValues(
  run: Run,
  { sockets }: SocketsResult,
  key: string,
): Promise<readonly unknown[]> {
  if (!fields.has(key)) throw new GremlinError('X-FIELD', `Values: a socket has no field "${key}"`);
  return run.scheduler.map(socketsOf(sockets), (socket) => socket[key as keyof Socket]);
}

function* socketsOf(sockets: SocketsResult['sockets']): Generator<Socket> {
  for (const list of sockets.values()) yield* list;
}
