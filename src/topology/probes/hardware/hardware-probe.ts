// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { platform, release } from 'node:os';
import { join } from 'node:path';
import { messageOf, SkydiveError } from '../../../errors.js';
import type { MetadataValue } from '../../../graph/element.js';
import type { Graph } from '../../../graph/graph.js';
import type { Logger } from '../../../log/logger.js';
import { cpuMetadata } from './cpu-info.js';
import { parseCpuList } from './cpu-list.js';
import { readPlatform } from './platform.js';
import { detectVirtualization, type ReadText } from './virtualization.js';

export interface HardwareProbeOptions {
  readonly graph: Graph;
  readonly hostNodeId: string;
  readonly logger: Logger;
  /** Folder that stands for `/`; for tests. */
  readonly root?: string;
}

/** `k=v` → text, a bare word → true; the last one of a name wins. */
export function commandLine(text: string): Record<string, string | boolean> {
  const words = text.trim().split(/\s+/).filter(Boolean);
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, true] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Describes the host on its node, once at start (probes.md §3). */
export class HardwareProbe {
  readonly #options: HardwareProbeOptions;

  constructor(options: HardwareProbeOptions) {
    this.#options = options;
  }

  /** Throws SKY_E_PROBE when the CPUs cannot be read; what else is missing is left out. */
  start(): void {
    const { graph, hostNodeId, logger, root = '/' } = this.#options;
    const read: ReadText = (path) => {
      try {
        return readFileSync(join(root, path), 'utf8');
      } catch {
        // Absent on this host: the key it would give is absent too.
        return undefined;
      }
    };
    const set: Record<string, MetadataValue> = {};
    const text = (key: string, value: string | undefined) => {
      const trimmed = value?.trim();
      if (trimmed) set[key] = trimmed;
    };

    text('InstanceID', read('/var/lib/cloud/data/instance-id'));
    try {
      const isolated = parseCpuList(read('/sys/devices/system/cpu/isolated') ?? '');
      if (isolated.length > 0) set['IsolatedCPU'] = isolated;
    } catch (error) {
      logger.error(`hardware probe: isolated CPUs: ${messageOf(error)}`);
    }

    const cpuinfo = read('/proc/cpuinfo');
    if (cpuinfo === undefined) {
      throw new SkydiveError(
        'SKY_E_PROBE',
        'the hardware probe cannot read /proc/cpuinfo: is /proc mounted?',
      );
    }
    const cpus = cpuMetadata(cpuinfo, (cpu) => {
      const folder = `/sys/devices/system/cpu/cpu${cpu}`;
      const coreId = read(`${folder}/topology/core_id`)?.trim();
      return {
        maxKiloHertz: Number(read(`${folder}/cpufreq/cpuinfo_max_freq`) ?? 0),
        ...(coreId !== undefined && { coreId }),
      };
    });
    if (cpus.length > 0) set['CPU'] = cpus;

    set['OS'] = platform();
    const distribution = readPlatform(
      read('/etc/os-release') ?? read('/usr/lib/os-release') ?? '',
      read('/etc/debian_version'),
    );
    text('Platform', distribution.platform);
    text('PlatformFamily', distribution.family);
    text('PlatformVersion', distribution.version);
    text('KernelVersion', release());
    const cmdline = read('/proc/cmdline');
    if (cmdline !== undefined) set['KernelCmdLine'] = commandLine(cmdline);
    const virtualization = detectVirtualization(read);
    text('VirtualizationSystem', virtualization.system);
    text('VirtualizationRole', virtualization.role);

    graph.update('node', hostNodeId, { set });
  }

  /** Nothing runs: the values stay. */
  stop(): void {}
}
