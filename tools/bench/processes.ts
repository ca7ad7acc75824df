// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';

/** A process and all that descend from it. */
export function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap(processTree)];
}

/** Its share of memory: what processes share is divided among them, other programs of the same kind included. */
export function pssMiB(pid: number): number {
  return rollup(pid, 'Pss');
}

/** All of its memory that is in RAM, shared or not. */
export function rssMiB(pid: number): number {
  return rollup(pid, 'Rss');
}

function rollup(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)![1]) / 1024;
}

/** User + system time of a process, milliseconds (clock ticks of 10 ms). */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
