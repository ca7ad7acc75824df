// SPDX-License-Identifier: Apache-2.0

/** What the host runs in (`guest`), or runs others with (`host`); empty where nothing shows. */
export interface Virtualization {
  readonly system: string;
  readonly role: '' | 'host' | 'guest';
}

/** Text of a file, undefined when it cannot be read (then it counts as absent). */
export type ReadText = (path: string) => string | undefined;

/** path → texts that show a system. The later rule wins, as in the library that the original used. */
const rules: readonly {
  readonly path: string;
  readonly contains: readonly string[];
  readonly system?: string;
  readonly role: 'host' | 'guest';
}[] = [
  { path: '/proc/xen/capabilities', contains: [''], system: 'xen', role: 'guest' },
  { path: '/proc/xen/capabilities', contains: ['control_d'], system: 'xen', role: 'host' },
  { path: '/proc/modules', contains: ['kvm'], system: 'kvm', role: 'host' },
  { path: '/proc/modules', contains: ['hv_util'], system: 'hyperv', role: 'guest' },
  { path: '/proc/modules', contains: ['vboxdrv'], system: 'vbox', role: 'host' },
  { path: '/proc/modules', contains: ['vboxguest'], system: 'vbox', role: 'guest' },
  { path: '/proc/modules', contains: ['vmware'], system: 'vmware', role: 'guest' },
  {
    path: '/proc/cpuinfo',
    contains: ['QEMU Virtual CPU', 'Common KVM processor', 'Common 32-bit KVM processor'],
    system: 'kvm',
    role: 'guest',
  },
  { path: '/proc/bus/pci/devices', contains: ['virtio-pci'], role: 'guest' },
  { path: '/proc/1/environ', contains: ['container=lxc'], system: 'lxc', role: 'guest' },
  { path: '/proc/self/cgroup', contains: ['lxc'], system: 'lxc', role: 'guest' },
  { path: '/proc/self/cgroup', contains: ['docker'], system: 'docker', role: 'guest' },
  { path: '/.dockerenv', contains: [''], system: 'docker', role: 'guest' },
];

export function detectVirtualization(read: ReadText): Virtualization {
  let found: Virtualization = { system: '', role: '' };
  for (const rule of rules) {
    const text = read(rule.path);
    if (text === undefined || !rule.contains.some((part) => text.includes(part))) continue;
    found = { system: rule.system ?? found.system, role: rule.role };
  }
  return found;
}
