// SPDX-License-Identifier: Apache-2.0

import type { Writable } from 'node:stream';
import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import { callerOf } from './caller.js';
import { fileSink } from './file-sink.js';
import { type Level, levelOf, severity } from './level.js';
import { consoleEncoder, type Encoder, jsonEncoder } from './line.js';
import type { Logger } from './logger.js';
import { redactor } from './redact.js';
import type { Sink } from './sink.js';
import { streamSink } from './stream-sink.js';
import { type OpenDatagram, openSyslog } from './syslog.js';

/** A logger with a lifecycle. */
export interface Log extends Logger {
  /** For what ends the process; with the stack of `error`, or the caller's. */
  critical(message: string, error?: Error): void;
  /** Lines dropped by each backend since the start. */
  dropped(): Readonly<Record<string, number>>;
  /** Hands over what waits; call it before the process ends. */
  close(): Promise<void>;
}

export interface LogRequest {
  readonly config: Config;
  /** Texts that no line may show (`secretTexts` of the configuration). */
  readonly secrets?: readonly string[];
  /** `agent`, `analyzer`, …; default `logging.id`. */
  readonly id?: string;
  readonly stderr?: Writable & { isTTY?: boolean };
  readonly stdout?: Writable & { isTTY?: boolean };
  readonly now?: () => Date;
  /** Opens a datagram Unix socket, which Node cannot; without it `unixgram` is refused. */
  readonly openDatagram?: OpenDatagram;
}

interface Backend {
  readonly name: string;
  readonly least: number;
  readonly encode: Encoder;
  readonly sink: Sink;
}

const closeTimeoutMs = 1000;

/** Opens the backends of `logging.backends`. Throws SKY_E_CONFIG naming the backend and what to change. */
export async function openLog(request: LogRequest): Promise<Log> {
  const backends: Backend[] = [];
  try {
    for (const name of new Set(request.config.getList('logging.backends'))) {
      backends.push(await openBackend(name, request));
    }
  } catch (error) {
    await closeAll(backends);
    throw error;
  }
  const { config } = request;
  const prefix = `${config.getString('host_id')}:${request.id ?? config.getString('logging.id')} `;
  const redact = redactor(request.secrets ?? []);
  const now = request.now ?? (() => new Date());
  const least = Math.min(...backends.map((backend) => backend.least));

  function emit(level: Level, message: string, method: (message: string) => void, stack?: string): void {
    const weight = severity(level);
    if (weight < least) return;
    const entry = {
      time: now(),
      level,
      caller: callerOf(method),
      message: redact(prefix + message),
      ...(stack === undefined ? {} : { stack: redact(stack) }),
    };
    for (const backend of backends) {
      if (weight >= backend.least) backend.sink.write(backend.encode(entry), level);
    }
  }

  const log: Log = {
    debug: (message) => emit('DEBUG', message, log.debug),
    info: (message) => emit('INFO', message, log.info),
    warn: (message) => emit('WARN', message, log.warn),
    error: (message) => emit('ERROR', message, log.error),
    critical: (message, error) => emit('CRITICAL', message, log.critical, (error ?? new Error()).stack ?? ''),
    dropped: () => Object.fromEntries(backends.map(({ name, sink }) => [name, sink.dropped])),
    close: () => closeAll(backends),
  };
  return log;
}

async function closeAll(backends: readonly Backend[]): Promise<void> {
  await Promise.all(backends.map(({ sink }) => sink.close(closeTimeoutMs)));
}

async function openBackend(name: string, request: LogRequest): Promise<Backend> {
  const { config } = request;
  const own = (key: string): string =>
    config.getString(`logging.${name}.${key}`) || config.getString(`logging.${key}`);
  const stderr = request.stderr ?? process.stderr;
  const stdout = request.stdout ?? process.stdout;
  // Colours by default on a terminal only: escape sequences in a file or in another program's input help nobody.
  const color = (tty: boolean): boolean =>
    config.isSet('logging.color') ? config.getBool('logging.color') : tty && config.getBool('logging.color');
  const backend = (sink: Sink, colored: boolean): Backend => ({
    name,
    least: severity(levelOf(own('level'))),
    encode: own('encoder') === 'json' ? jsonEncoder() : consoleEncoder(colored),
    sink,
  });
  switch (name) {
    case 'stderr':
      return backend(streamSink(stderr), color(stderr.isTTY === true));
    case 'stdout':
      return backend(streamSink(stdout), color(stdout.isTTY === true));
    case 'file': {
      const tell = streamSink(stderr);
      const sink = fileSink(config.getString('logging.file.path'), (message) =>
        tell.write(`${message}\n`, 'ERROR'),
      );
      return backend(sink, color(false));
    }
    case 'syslog': {
      const sink = await openSyslog({
        address: config.getString('logging.syslog.address'),
        protocol: config.getString('logging.syslog.protocol'),
        tag: config.getString('logging.syslog.tag'),
        openDatagram: request.openDatagram,
      });
      return backend(sink, false);
    }
    default:
      throw new SkydiveError(
        'SKY_E_CONFIG',
        `Invalid logging backend: ${name}; logging.backends takes stderr, stdout, file and syslog`,
      );
  }
}
