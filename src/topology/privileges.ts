// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';

/** capabilities(7) → what stays unseen without it. */
const needs: readonly (readonly [bit: bigint, name: string, loss: string])[] = [
  [12n, 'CAP_NET_ADMIN', 'bursts of changes are more often read anew than followed'],
  [13n, 'CAP_NET_RAW', 'packets cannot be captured'],
  [19n, 'CAP_SYS_PTRACE', "network namespaces of other users' processes are not seen"],
  [21n, 'CAP_SYS_ADMIN', 'interfaces of other network namespaces are not seen'],
];

/** One sentence for each capability that this process lacks; `status` is the text of /proc/self/status. */
export function missingPrivileges(status = readFileSync('/proc/self/status', 'utf8')): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return needs
    .filter(([bit]) => ((effective >> bit) & 1n) === 0n)
    .map(([, name, loss]) => `without ${name} ${loss}: run as root to see all`);
}
