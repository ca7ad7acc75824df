// SPDX-License-Identifier: Apache-2.0

/** Least severe first; a backend logs its level and what is above. */
export const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'] as const;

export type Level = (typeof levels)[number];

const byName: Readonly<Record<string, Level>> = {
  CRITICAL: 'CRITICAL',
  ERROR: 'ERROR',
  WARNING: 'WARN',
  NOTICE: 'INFO',
  INFO: 'INFO',
  DEBUG: 'DEBUG',
};

/** The level of `logging.level`: case-sensitive, and any other text, such as `debug`, means DEBUG. */
export function levelOf(name: string): Level {
  return Object.hasOwn(byName, name) ? byName[name]! : 'DEBUG';
}

export function severity(level: Level): number {
  return levels.indexOf(level);
}
