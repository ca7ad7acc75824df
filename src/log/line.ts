// SPDX-License-Identifier: Apache-2.0

import type { Level } from './level.js';

/** One event, before it takes the form of a backend. */
export interface Entry {
  readonly time: Date;
  readonly level: Level;
  /** `dir/file:line Function`. */
  readonly caller: string;
  readonly message: string;
  /** Of CRITICAL only. */
  readonly stack?: string;
}

export type Encoder = (entry: Entry) => string;

const colors: Readonly<Record<Level, number>> = { DEBUG: 35, INFO: 34, WARN: 33, ERROR: 31, CRITICAL: 31 };

/** Tab-separated: time, level, caller, message. Further lines of a message are indented, so that none passes for an event. */
export function consoleEncoder(color: boolean): Encoder {
  return ({ time, level, caller, message, stack }) => {
    const shown = color ? `\x1b[${colors[level]}m${level}\x1b[0m` : level;
    const text = stack === undefined ? message : `${message}\n${stack}`;
    return `${isoTime(time)}\t${shown}\t${caller}\t${printable(text).replaceAll('\n', '\n\t')}\n`;
  };
}

/** One JSON object a line: ts, level, caller, message, and stacktrace of CRITICAL. */
export function jsonEncoder(): Encoder {
  return ({ time, level, caller, message, stack }) => {
    const line = { level, ts: isoTime(time), caller, message };
    return `${JSON.stringify(stack === undefined ? line : { ...line, stacktrace: stack })}\n`;
  };
}

/** ISO 8601 in local time with milliseconds: `2026-11-22T05:14:00.123+0100`, `Z` for UTC. */
export function isoTime(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, -1);
  if (offset === 0) return `${local}Z`;
  const distance = Math.abs(offset);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}${two(distance % 60)}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what they are looked for
const controls = /[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]/g;

/** Control characters as escapes: names come from the network, and a terminal would obey them. */
function printable(text: string): string {
  return text.replace(controls, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
