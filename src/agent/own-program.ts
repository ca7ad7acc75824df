// SPDX-License-Identifier: Apache-2.0

import { isSea } from 'node:sea';

/** How this very program is started once more. */
export interface OwnProgram {
  readonly command: string;
  /** What comes before the arguments of the user. */
  readonly args: readonly string[];
  /** The file whose owner owns the program. */
  readonly file: string;
}

/** The single executable is its own interpreter; otherwise there is a script that node runs. */
export function ownProgram(single = isSea()): OwnProgram {
  const { execPath, execArgv, argv } = process;
  if (single) return { command: execPath, args: [], file: execPath };
  const script = argv[1] ?? '';
  return { command: execPath, args: [...execArgv, script], file: script };
}
