// SPDX-License-Identifier: Apache-2.0

import { basename } from 'node:path';

/** `skydive-cli` when called by that name (a link): then the client commands stand at the top. Else `skydive`. */
export function executableName(path: string | undefined): 'skydive' | 'skydive-cli' {
  return basename(path ?? '').replace(/\.[^.]*$/, '') === 'skydive-cli' ? 'skydive-cli' : 'skydive';
}
