// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from '../../../graph/element.js';

/** What sysfs adds to /proc/cpuinfo for one logical CPU. */
export interface CpuSysfs {
  /** cpufreq/cpuinfo_max_freq, kHz. */
  readonly maxKiloHertz?: number;
  /** topology/core_id */
  readonly coreId?: string;
}

/** Lines of /proc/cpuinfo by the key that the graph has, in the spellings of the architectures. */
const texts: Readonly<Record<string, string>> = {
  vendor_id: 'VendorID',
  'CPU implementer': 'VendorID',
  'cpu family': 'Family',
  model: 'Model',
  'CPU part': 'Model',
  'physical id': 'PhysicalID',
  'core id': 'CoreID',
  'model name': 'ModelName',
  'Model Name': 'ModelName',
  cpu: 'ModelName',
  microcode: 'Microcode',
};
const numbers: Readonly<Record<string, string>> = {
  stepping: 'Stepping',
  revision: 'Stepping',
  'CPU revision': 'Stepping',
  'cpu MHz': 'Mhz',
  clock: 'Mhz',
  'cache size': 'CacheSize',
};

/** `CPU` of the host: one entry for each logical CPU, without what is zero or empty (so CPU 0 lacks its number). */
export function cpuMetadata(cpuinfo: string, sysfs: (cpu: number) => CpuSysfs): MetadataMap[] {
  const cpus: Record<string, string | number>[] = [];
  let current: Record<string, string | number> | undefined;
  for (const line of cpuinfo.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (key === 'processor') {
      const cpu = Number(value);
      // Before kernel 3.8 ARM printed the model under this name.
      if (!Number.isInteger(cpu)) continue;
      current = { CPU: cpu };
      cpus.push(current);
    } else if (current !== undefined) {
      const textKey = texts[key];
      const numberKey = numbers[key];
      if (textKey !== undefined) current[textKey] = value;
      else if (numberKey !== undefined) current[numberKey] = Math.trunc(Number.parseFloat(value)) || 0;
    }
  }
  return cpus.map((cpu) => {
    const { maxKiloHertz, coreId } = sysfs(cpu['CPU'] as number);
    const complete: Record<string, string | number> = { ...cpu, Cores: 1 };
    if (maxKiloHertz) complete['Mhz'] = Math.trunc(maxKiloHertz / 1000);
    if (!complete['CoreID'] && coreId) complete['CoreID'] = coreId;
    return Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== 0 && value !== ''));
  });
}
