// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import { addon } from '../../native/addon.js';
import type { NativePacketInjectionInstance } from '../../native/packet-injection.js';
import { hasLinkLayer } from './link-layer.js';
import type { InjectionRequest } from './request.js';

/** Where packets leave. */
export interface InjectionInterface {
  readonly name: string;
  /** EncapType of its node: what its packets start with. */
  readonly encapType: string;
  /** Of its network namespace; absent for the own one. */
  readonly namespacePath?: string;
}

function macText(base64: string | null): string {
  return base64 === null ? '' : Buffer.from(base64, 'base64').toString('hex').replace(/..\B/g, '$&:');
}

/** Starts sending; `done` follows the last packet. Throws SKY_E_PROBE saying why it cannot. */
export function inject(
  request: InjectionRequest,
  where: InjectionInterface,
  done: () => void,
): NativePacketInjectionInstance {
  const { Type, Pcap } = request;
  try {
    return new (addon().PacketInjection)(
      {
        interface: where.name,
        ...(where.namespacePath !== undefined && { namespacePath: where.namespacePath }),
        transport: Type.slice(0, -1) as 'icmp' | 'tcp' | 'udp',
        ipv6: Type.endsWith('6'),
        ethernet: hasLinkLayer(where.encapType),
        sourceMac: macText(request.SrcMAC),
        destinationMac: macText(request.DstMAC),
        sourceIp: request.SrcIP,
        destinationIp: request.DstIP,
        sourcePort: request.SrcPort,
        destinationPort: request.DstPort,
        icmpId: request.ICMPID,
        ttl: request.TTL,
        payload: request.Payload,
        count: request.Count,
        intervalMs: request.Interval,
        random: request.Mode === 'random',
        incrementPayload: request.IncrementPayload,
        ...(Pcap !== null && { pcap: Buffer.from(Pcap, 'base64') }),
      },
      done,
    );
  } catch (error) {
    throw new SkydiveError('SKY_E_PROBE', messageOf(error), { cause: error });
  }
}
