// SPDX-License-Identifier: Apache-2.0
// The stack's outputs RoleNetIpMap and RoleNetHostnameMap: role → network → addresses, and → names, in one order.

import type { Host } from './host.js';
import { at, listAt } from './json.js';
import type { Stack } from './stack.js';

const network = 'ctlplane';
const roles = ['Compute', 'Controller'];

/** Undefined when the stack has not both maps; `warn` hears of roles whose lists do not match. */
export function hostsOfRoles(stack: Stack, warn: (text: string) => void): Host[] | undefined {
  const addresses = stack.output('RoleNetIpMap');
  const names = stack.output('RoleNetHostnameMap');
  if (at(addresses) == null || at(names) == null) return undefined;
  const hosts: Host[] = [];
  for (const role of roles) {
    const ips = listAt(addresses, role, network);
    const fqdns = listAt(names, role, network);
    if (ips.length !== fqdns.length)
      warn(
        `role ${role} has ${ips.length} addresses and ${fqdns.length} names on ${network}: the rest is left out`,
      );
    for (const [index, fqdn] of fqdns.entries()) {
      const address = ips[index];
      if (typeof fqdn !== 'string' || typeof address !== 'string') continue;
      const name = (fqdn.split(`.${network}.`)[0] ?? fqdn).toLowerCase();
      hosts.push({ name, address, controller: role === 'Controller' });
    }
  }
  return hosts;
}
