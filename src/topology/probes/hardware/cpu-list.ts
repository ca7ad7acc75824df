// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';

/** `3,4,7-9` of sysfs as [3, 4, 7, 8, 9]. Throws SKY_E_PROBE on anything else. */
export function parseCpuList(text: string): number[] {
  const list: number[] = [];
  for (const part of text.trim().split(',')) {
    if (part === '') continue;
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const first = Number(range?.[1]);
    const last = range?.[2] === undefined ? first : Number(range[2]);
    if (range === null || last < first || last > 1_000_000) {
      throw new SkydiveError(
        'SKY_E_PROBE',
        `"${part}" is no CPU nor range of CPUs in the list "${text.trim()}"`,
      );
    }
    for (let cpu = first; cpu <= last; cpu += 1) list.push(cpu);
  }
  return list;
}
