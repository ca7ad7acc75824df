// SPDX-License-Identifier: Apache-2.0
// Packets from the kernel itself: live_frames.cc, compiled when it changed.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');
const source = join(root, 'tools/traffic/live_frames.cc');
const program = join(root, 'build/live_frames');

export interface LiveFrames {
  /** Path of the network namespace. */
  readonly namespace: string;
  /** The frames leave here: the other end of a veth receives them, when it has GRO. */
  readonly interface: string;
  /** Packets a second; 0: as many as go. */
  readonly rate: number;
  readonly flows: number;
  readonly packets: number;
  /** Of a frame, without its checksum; 60 unless given. */
  readonly bytes?: number;
}

export interface SentFrames {
  readonly packets: number;
  readonly seconds: number;
  /** Of the sender; what the kernel does on reception is in it. */
  readonly cpuSeconds: number;
}

/** Compiles the sender unless that is done. */
function compiled(): string {
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(join(root, 'build'), { recursive: true });
    execFileSync('g++', ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', source, '-o', program]);
  }
  return program;
}

/** Sends UDP packets, every flow once a round. Needs root. */
export async function sendLiveFrames(frames: LiveFrames): Promise<SentFrames> {
  const words = [frames.interface, frames.rate, frames.flows, frames.packets, frames.bytes ?? 60].map(String);
  const inside = [`--net=${frames.namespace}`, '--', compiled(), ...words];
  const { stdout } = await promisify(execFile)('nsenter', inside);
  return JSON.parse(stdout) as SentFrames;
}
