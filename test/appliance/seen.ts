// SPDX-License-Identifier: Apache-2.0
// What is seen of a deployment on a machine.

import assert from 'node:assert/strict';
import type { Machine } from './machine.js';

export function unitIs(machine: Machine, service: string, wanted: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(wanted)) {
    assert.equal(machine.property(service, name), value, `${service} ${name}`);
  }
}

/** How often systemd started a service since the machine was made. */
export function starts(machine: Machine, service: string): number {
  return Number(machine.run(`journalctl --no-pager -o cat -u ${service} | grep -c '^Started '`).out);
}

/** Names of the capabilities that a service's process has or may get, sorted. */
export function capabilitiesOf(machine: Machine, service: string): string[] {
  const pid = machine.property(service, 'MainPID');
  const sets = machine.ask(`grep -E '^Cap(Prm|Bnd)' /proc/${pid}/status`);
  const bits = [...sets.matchAll(/:\s+([0-9a-f]+)/g)].reduce((all, [, hex]) => all | BigInt(`0x${hex}`), 0n);
  return names.filter((_, bit) => (bits >> BigInt(bit)) & 1n).sort();
}

const names = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service ' +
  'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin ' +
  'sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override ' +
  'mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
)
  .split(' ')
  .map((name) => `cap_${name}`);

interface Node {
  readonly Metadata: { readonly Name?: string };
}

export interface Flow {
  readonly Network?: { readonly A: string; readonly B: string };
}

/** Elements that a Gremlin query gives, asked with the client of a machine. */
export function query<T>(machine: Machine, analyzer: string, gremlin: string): T[] {
  const { status, out } = machine.run(
    `SKYDIVE_ANALYZER=${analyzer} skydive client query "${gremlin.replaceAll('"', '\\"')}" 2>/dev/null`,
  );
  return status === 0 ? ((JSON.parse(out) as T[] | null) ?? []) : [];
}

/** Interfaces that the topology has below a host. */
export function interfaces(machine: Machine, analyzer: string, host: string): string[] {
  const found = query<Node>(machine, analyzer, `G.V().Has('Type', 'host', 'Name', '${host}').Out()`);
  return found.map(({ Metadata }) => Metadata.Name ?? '');
}

export function kernelInterfaces(machine: Machine): string[] {
  return (JSON.parse(machine.ask('ip -json link')) as { ifname: string }[]).map(({ ifname }) => ifname);
}

export function flowsSeen(machine: Machine, analyzer: string): Flow[] {
  return query<Flow>(machine, analyzer, 'G.Flows()');
}
