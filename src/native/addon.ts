// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, SkydiveError } from '../errors.js';
import type { NativeNetflowCapture, NativeSflowCapture } from './datagram-capture.js';
import type { NativeEbpfCapture, NativeEbpfFeatures } from './ebpf-capture.js';
import type { NativeFlowIntake } from './flow-intake.js';
import type { NativeFlowStore } from './flow-store.js';
import type { NativeFlowTable } from './flow-table.js';
import type { NativeNetlinkMonitor } from './netlink-monitor.js';
import type { NativePacketCapture } from './packet-capture.js';
import type { NativePacketInjection } from './packet-injection.js';
import type { NativePcapSocketCapture } from './pcap-socket-capture.js';
import type { NativeUdpSender } from './udp-sender.js';

/** Linear-time regular expression with RE2's syntax. The constructor throws on a bad pattern. */
export interface NativeRegexp {
  /** Unanchored search. */
  test(text: string): boolean;
  /** One byte a text: 1 where it matches. */
  testAll(texts: readonly string[]): Uint8Array;
}

/** A compiled pcap expression. The constructor throws when it does not compile, or libpcap is not there. */
export interface NativePacketFilter {
  test(packet: Uint8Array): boolean;
}

/** Datagram socket of the Unix domain, connected to a path. The constructor throws when nobody listens there. */
export interface NativeUnixDatagram {
  /** Never waits: false when the receiver takes nothing now. Throws when it is gone. */
  send(message: string): boolean;
  close(): void;
}

/** What a process gives up before it goes to work. Both throw when the kernel refuses. */
export interface NativeProcessGuard {
  /** No core dump, and no look into its memory by others of its user. */
  forbidCoreDumps(): void;
  /** Takes all capabilities but these from all threads, for good; a bit for each number of capabilities(7). */
  keepCapabilities(keep: bigint): void;
}

/** What the C++ addon exports; each class has its own interface beside its caller. */
export interface Addon {
  /**
   * The bcrypt hash of a password with the prefix, cost and salt of another hash, worked out on another thread; empty
   * when that is no such hash. Rejects where the system has no libcrypt.
   */
  readonly bcrypt: (password: string, setting: string) => Promise<string>;
  readonly FlowIntake: NativeFlowIntake;
  readonly FlowStore: NativeFlowStore;
  readonly EbpfCapture: NativeEbpfCapture;
  /** Loads the program to see, on a thread of the pool. */
  readonly ebpfFeatures: () => Promise<NativeEbpfFeatures>;
  readonly FlowTable: NativeFlowTable;
  readonly NetflowCapture: NativeNetflowCapture;
  readonly NetlinkMonitor: NativeNetlinkMonitor;
  /** Sets an interface up, in the namespace of that path or that of the process. Throws when the kernel refuses. */
  readonly setLinkUp: (interfaceName: string, namespacePath?: string) => void;
  readonly PacketFilter: new (expression: string, linkType: number, snapLength: number) => NativePacketFilter;
  readonly PacketCapture: NativePacketCapture;
  readonly PacketInjection: NativePacketInjection;
  readonly PcapSocketCapture: NativePcapSocketCapture;
  readonly ProcessGuard: NativeProcessGuard;
  readonly Regexp: new (pattern: string) => NativeRegexp;
  readonly SflowCapture: NativeSflowCapture;
  readonly UdpSender: NativeUdpSender;
  readonly UnixDatagram: new (path: string) => NativeUnixDatagram;
}

let loaded: Addon | undefined;

/** The addon, loaded at first use. Throws SKY_E_NATIVE naming where it was looked for. */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

function load(): Addon {
  const tried: string[] = [];
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    for (const candidate of [
      join(folder, 'skydive.node'),
      join(folder, 'build', 'Release', 'skydive.node'),
    ]) {
      if (existsSync(candidate)) return open(candidate);
      tried.push(candidate);
    }
    if (folder === dirname(folder)) break;
  }
  throw new SkydiveError(
    'SKY_E_NATIVE',
    `the addon skydive.node is missing: run "npm run build" (looked for ${tried.join(', ')})`,
  );
}

function open(path: string): Addon {
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (error) {
    throw new SkydiveError('SKY_E_NATIVE', `cannot load ${path}: ${messageOf(error)}; run "npm run build"`, {
      cause: error,
    });
  }
}
