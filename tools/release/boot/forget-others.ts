// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const hourMs = 3_600_000;

/** What the running processes have mapped; undefined where that cannot be seen of all of them. */
function mapped(): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const maps: string[] = [];
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        maps.push(readFileSync(`/proc/${pid}/maps`, 'latin1'));
      } catch (error) {
        // Ended meanwhile. Any other refusal: it may be one of ours.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'ESRCH') return undefined;
      }
    }
  } catch {
    return undefined;
  }
  return maps.join('\n');
}

/**
 * Removes the parts of other versions beside `folder`, and what an interrupted start left there: those that are older
 * than an hour and of which no process has a library loaded. Failures are left to the next version.
 */
export function forgetOthers(folder: string, nowMs: number, maps: string | undefined = mapped()): void {
  if (maps === undefined) return;
  const place = dirname(folder);
  for (const name of readdirSync(place)) {
    if (name === basename(folder) || !/^(?:[0-9a-f]{32}|\.new-\d+-\d+(?:-aside)?)$/.test(name)) continue;
    const other = join(place, name);
    try {
      if (nowMs - statSync(other).mtimeMs < hourMs || maps.includes(`${other}/`)) continue;
      rmSync(other, { recursive: true, force: true });
    } catch {
      // Nothing depends on it.
    }
  }
}
