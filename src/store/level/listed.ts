// SPDX-License-Identifier: Apache-2.0

import { rename } from 'node:fs/promises';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import type { Manifest, WindowEntry } from './manifest.js';
import type { Window } from './window.js';
import { WindowWriter } from './writer.js';

/** A window with what the manifest says of it. */
export interface Listed {
  entry: WindowEntry;
  readonly window: Window;
  bytes: number;
}

/** Goes on with the last window; a damaged one is set aside and undefined returned. */
export async function resume(
  manifest: Manifest,
  windows: Listed[],
  logger: Logger,
): Promise<WindowWriter | undefined> {
  const last = windows[windows.length - 1];
  if (last === undefined || last.entry.end !== undefined) return undefined;
  try {
    await last.window.load();
    return await WindowWriter.resume(last.window);
  } catch (error) {
    if (error instanceof SkydiveError && !isDamage(error)) throw error;
    await last.window.close();
    const aside = `${last.window.folder}.damaged`;
    await rename(last.window.folder, aside);
    await manifest.write([], [last.entry.sequence]);
    windows.pop();
    logger.error(
      `the last history window was damaged (${messageOf(error)}): it is set aside as ${aside}, history goes on without it`,
    );
    return undefined;
  }
}

function isDamage(error: SkydiveError): boolean {
  return /corrupt/i.test(error.message);
}

export function listed(manifest: Manifest, entry: WindowEntry): Listed {
  return { entry, window: manifest.window(entry), bytes: 0 };
}
