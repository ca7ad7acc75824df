// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { messageOf, SkydiveError } from '../errors.js';
import type { Level } from './level.js';
import type { Sink } from './sink.js';

/** A connected datagram socket of the Unix domain. */
export interface Datagram {
  /** False when the receiver takes nothing now. Throws when it is gone. */
  send(message: string): boolean;
  close(): void;
}
export type OpenDatagram = (path: string) => Datagram;

export interface SyslogRequest {
  readonly address: string;
  readonly protocol: string;
  readonly tag: string;
  readonly openDatagram: OpenDatagram | undefined;
  readonly now?: () => Date;
}

/** Facility daemon. */
const facility = 3;
const severities: Readonly<Record<Level, number>> = { CRITICAL: 2, ERROR: 3, WARN: 4, INFO: 6, DEBUG: 7 };
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * Speaks RFC 3164: to the local daemon without a host name, over the network with one and a full date, each as the
 * daemons of the distributions take it. Throws SKY_E_CONFIG when the daemon cannot be reached.
 */
export async function openSyslog(request: SyslogRequest): Promise<Sink> {
  const local = request.protocol === 'unix' || request.protocol === 'unixgram';
  const frame = (line: string, level: Level): string => {
    const time = (request.now ?? (() => new Date()))();
    const head = local ? stamp(time) : `${time.toISOString().slice(0, 19)}Z ${hostname()}`;
    return `<${facility * 8 + severities[level]}>${head} ${request.tag}[${process.pid}]: ${line.trimEnd()}`;
  };
  try {
    switch (request.protocol) {
      case 'unixgram':
        return datagramSink(request, frame);
      case 'udp': {
        const { udpSink } = await import('./syslog-network.js');
        return await udpSink(request.address, frame);
      }
      default: {
        const { connectionSink } = await import('./syslog-network.js');
        return await connectionSink(request.address, request.protocol === 'unix', frame);
      }
    }
  } catch (error) {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `cannot reach syslog at ${request.protocol} ${request.address}: ${messageOf(error)}; ` +
        'see logging.syslog.address and logging.syslog.protocol, or take syslog out of logging.backends',
      { cause: error },
    );
  }
}

/** `Nov  2 05:14:00` of RFC 3164 §4.1.2. */
export function stamp(time: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${months[time.getMonth()]} ${String(time.getDate()).padStart(2)} ${clock}`;
}

/** The local daemon restarts now and then: then its socket is opened anew, once a line. */
function datagramSink(request: SyslogRequest, frame: (line: string, level: Level) => string): Sink {
  const { openDatagram, address } = request;
  if (openDatagram === undefined)
    throw new Error('this build has no datagram sockets; use protocol unix, udp or tcp');
  let socket: Datagram | undefined = openDatagram(address);
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    write(line, level) {
      const text = frame(line, level);
      for (let attempt = 0; attempt < 2; attempt++) {
        try {
          socket ??= openDatagram(address);
          if (!socket.send(text)) dropped++;
          return;
        } catch {
          socket?.close();
          socket = undefined;
        }
      }
      dropped++;
    },
    async close() {
      socket?.close();
      socket = undefined;
    },
  };
}
