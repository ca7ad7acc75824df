// SPDX-License-Identifier: Apache-2.0

/** A capability of capabilities(7) that an agent keeps, and what for. */
export interface KeptCapability {
  readonly bit: number;
  readonly name: string;
  readonly use: string;
}

/** What an agent keeps; SECURITY.md lists the same. All others are given up at its start, by all its threads. */
export const agentCapabilities: readonly KeptCapability[] = [
  {
    bit: 1,
    name: 'CAP_DAC_OVERRIDE',
    use: 'sockets and files of other users: Open vSwitch, container runtimes, /proc/PID/fd',
  },
  { bit: 10, name: 'CAP_NET_BIND_SERVICE', use: 'listeners on ports below 1024' },
  {
    bit: 12,
    name: 'CAP_NET_ADMIN',
    use: 'netlink without losses, promiscuous mode, mirrors, eBPF on interfaces',
  },
  { bit: 13, name: 'CAP_NET_RAW', use: 'capturing and injecting packets' },
  { bit: 19, name: 'CAP_SYS_PTRACE', use: 'namespaces and sockets of the processes of other users' },
  { bit: 21, name: 'CAP_SYS_ADMIN', use: 'entering network namespaces, loading eBPF programs' },
  { bit: 24, name: 'CAP_SYS_RESOURCE', use: 'locked memory for eBPF on kernels before 5.11' },
];

/** What the parent of an analyzer that runs as another user keeps as well: to start it again, and to stop it. */
export const supervisorCapabilities: readonly KeptCapability[] = [
  { bit: 5, name: 'CAP_KILL', use: 'stopping the analyzer' },
  { bit: 6, name: 'CAP_SETGID', use: 'starting the analyzer as its group' },
  { bit: 7, name: 'CAP_SETUID', use: 'starting the analyzer as its user' },
];

/** The set as the kernel writes it: one bit for each. */
export function capabilitySet(capabilities: readonly KeptCapability[]): bigint {
  return capabilities.reduce((set, { bit }) => set | (1n << BigInt(bit)), 0n);
}
