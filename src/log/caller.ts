// SPDX-License-Identifier: Apache-2.0

/** `dir/file:line Function` of whoever called `below`; a stack of one frame costs some microseconds. */
export function callerOf(below: (...args: never[]) => unknown): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  Error.stackTraceLimit = limit;
  return frameOf(holder.stack ?? '');
}

/** The first frame of a V8 stack trace. */
export function frameOf(stack: string): string {
  const frame = /\n\s+at (?:(?:async |new )*(.*?) \()?(?:file:\/\/)?([^()\n]*?):(\d+):\d+\)?/.exec(stack);
  if (!frame) return '-';
  const [, name, path, line] = frame;
  const place = `${path!.split('/').slice(-2).join('/')}:${line}`;
  return name ? `${place} ${name}` : place;
}
