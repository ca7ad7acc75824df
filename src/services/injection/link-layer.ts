// SPDX-License-Identifier: Apache-2.0

/** Values of EncapType whose devices have no link layer: packets start with their IP header. */
const bareIp: ReadonlySet<unknown> = new Set(['none', 'gre', 'sit', 'ipip', 'tunnel6', 'gre6']);

/** Whether packets of a device with this EncapType start with an Ethernet header. */
export function hasLinkLayer(encapType: unknown): boolean {
  return !bareIp.has(encapType);
}
