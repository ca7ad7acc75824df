// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';

/** Runs a program to its end and returns what it printed. Throws with all it said when it fails. */
export function run(program, args, options = {}) {
  const made = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (made.status === 0) return made.stdout.trim();
  const said = `${made.error?.message ?? ''}${made.stdout ?? ''}${made.stderr ?? ''}`;
  throw new Error(`${program} ${args.join(' ')} failed:\n${said}`);
}
