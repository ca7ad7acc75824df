// SPDX-License-Identifier: Apache-2.0

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const whole = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** Go keeps durations in nanoseconds in 63 bits. */
const longestMs = 9_223_372_036_854;

/** Milliseconds of a duration as Go writes it (`-1h30m`, `1.5s`, `0`); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 200 || !whole.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(part)) ms += Number(number) * unitMs[unit!]!;
  if (ms > longestMs) return undefined;
  return text.startsWith('-') ? -ms : ms;
}
