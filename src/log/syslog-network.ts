// SPDX-License-Identifier: Apache-2.0

import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import type { Level } from './level.js';
import { maxWaitingBytes, type Sink } from './sink.js';

type Frame = (line: string, level: Level) => string;

/** Datagrams that may be under way at once. */
const maxUnderWay = 1000;
const connectTimeoutMs = 5000;
/** A lost connection is not tried again more often. */
const retryMs = 1000;

export async function udpSink(address: string, frame: Frame): Promise<Sink> {
  const { host, port } = hostAndPort(address);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  // What comes back (port unreachable) says that the daemon is away; lines to it are lost as UDP loses them.
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.unref();
  let dropped = 0;
  let underWay = 0;
  let onIdle: (() => void) | undefined;
  return {
    get dropped() {
      return dropped;
    },
    write(line, level) {
      if (underWay >= maxUnderWay) {
        dropped++;
        return;
      }
      underWay++;
      socket.send(frame(line, level), (error) => {
        underWay--;
        if (error) dropped++;
        if (underWay === 0) onIdle?.();
      });
    },
    async close(timeoutMs) {
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          onIdle = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/** TCP, or a stream socket of the Unix domain; a line ends with a newline (RFC 6587 §3.4.2). */
export async function connectionSink(address: string, unix: boolean, frame: Frame): Promise<Sink> {
  const open = (): Socket => {
    const socket = unix ? connect(address) : connect({ ...hostAndPort(address) });
    socket.on('error', () => socket.destroy());
    return socket;
  };
  let socket = open();
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('it does not answer')));
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.setTimeout(0);
  socket.unref();
  let openedAt = Date.now();
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    write(line, level) {
      if (socket.destroyed && Date.now() - openedAt > retryMs) {
        openedAt = Date.now();
        socket = open();
        socket.unref();
      }
      if (socket.destroyed || socket.writableLength > maxWaitingBytes) dropped++;
      else socket.write(`${frame(line, level)}\n`);
    },
    close(timeoutMs) {
      return new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        const timer = setTimeout(() => socket.destroy(), timeoutMs);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.ref();
        socket.end();
      });
    },
  };
}

/** `host:port` or `[v6]:port`; the port is 514 unless said. */
function hostAndPort(address: string): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address);
  if (!parts) throw new Error('the address is not host:port');
  return { host: parts[1] ?? parts[2]!, port: parts[3] === undefined ? 514 : Number(parts[3]) };
}
