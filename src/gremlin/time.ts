// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../graph/element.js';
import type { ViewContext } from '../graph/view.js';
import { parseDuration } from './duration.js';
import { GremlinError } from './error.js';
import { type Call, type Param, show } from './syntax.js';

/** Integers up to here are seconds since 1970, larger ones milliseconds. */
const largestSeconds = 2147483647;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const rfc1123 =
  /^(?:mon|tue|wed|thu|fri|sat|sun), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) [A-Z]{3,5}$/i;

/** `Sun, 13 Sep 2020 12:27:05 GMT`; other zone names than GMT and UTC count as those, as in the original. */
function parseDate(text: string): Millis | undefined {
  const parts = rfc1123.exec(text);
  if (parts === null) return undefined;
  const month = months.indexOf(parts[2]!.toLowerCase());
  const [day, hour, minute, second] = [parts[1], parts[4], parts[5], parts[6]].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (month < 0 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(parts[3]), month, day);
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

function refuse(call: Call, param: Param, wanted: string): never {
  throw new GremlinError(
    'X-TIME',
    `${call.name}: ${show(param)} at position ${param.position} is not ${wanted}`,
  );
}

function instantOf(call: Call, param: Param, nowMs: Millis): Millis {
  if (param.kind === 'integer') return param.value <= largestSeconds ? param.value * 1000 : param.value;
  if (param.kind === 'constant' && param.value === 'NOW') return nowMs;
  if (param.kind === 'string') {
    const date = parseDate(param.value);
    if (date !== undefined) return date;
    const duration = parseDuration(param.value);
    if (duration !== undefined) return nowMs + Math.trunc(duration);
  }
  refuse(
    call,
    param,
    'an instant: NOW, "-1h30m", seconds or milliseconds since 1970, or "Sun, 13 Sep 2020 12:27:05 GMT"',
  );
}

function lengthOf(call: Call, param: Param, nowMs: Millis): Millis {
  if (param.kind === 'integer') return param.value * 1000;
  if (param.kind === 'constant' && param.value === 'FOREVER') return nowMs;
  if (param.kind === 'string') {
    const duration = parseDuration(param.value);
    if (duration !== undefined) return Math.trunc(duration);
  }
  refuse(call, param, 'a time span: seconds, "10m" or FOREVER');
}

/** What At(…) asks for. Throws X-TIME. */
export function contextOf(call: Call, nowMs: Millis): ViewContext {
  const [at, back] = call.params;
  if (at === undefined || call.params.length > 2)
    throw new GremlinError(
      'X-TIME',
      `${call.name} at position ${call.position} takes an instant and, optionally, a time span`,
    );
  const last = instantOf(call, at, nowMs);
  if (back === undefined) return { kind: 'instant', slice: { start: last, last } };
  return { kind: 'slice', slice: { start: last - lengthOf(call, back, nowMs), last } };
}
