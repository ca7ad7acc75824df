// SPDX-License-Identifier: Apache-2.0

/** What a capture of a type can be asked for. */
export interface CaptureAbilities {
  /** A filter, `BPFFilter`. */
  readonly bpf: boolean;
  /** `RawPacketLimit`. */
  readonly rawPackets: boolean;
  /** `ExtraTCPMetric`. */
  readonly extraTcpMetric: boolean;
  /** Several captures of the type on one node. */
  readonly severalPerNode: boolean;
}

const packets: CaptureAbilities = {
  bpf: true,
  rawPackets: true,
  extraTcpMetric: true,
  severalPerNode: false,
};

const abilities = {
  ovssflow: packets,
  pcapsocket: packets,
  ovsmirror: packets,
  dpdk: packets,
  afpacket: { ...packets, severalPerNode: true },
  pcap: { ...packets, severalPerNode: true },
  ebpf: { ...packets, bpf: false, rawPackets: false },
  sflow: packets,
  ovsnetflow: packets,
  // Not one of the original. Exporters send no packets that could be looked at.
  netflow: { bpf: false, rawPackets: false, extraTcpMetric: false, severalPerNode: false },
} satisfies Record<string, CaptureAbilities>;

export type CaptureType = keyof typeof abilities;

/** Values of a capture's `Type`, in the order in which messages list them. */
export const captureTypes = Object.keys(abilities) as readonly CaptureType[];

/** Undefined for a type that there is none of. */
export function abilitiesOf(type: string): CaptureAbilities | undefined {
  return Object.hasOwn(abilities, type) ? abilities[type as CaptureType] : undefined;
}

/** Whether captures of the type can share a node; those without a type can. */
export function sharesNodes(type: string | undefined): boolean {
  return type === undefined || type === '' || abilitiesOf(type)?.severalPerNode === true;
}

/** The first one is what a capture without a type gets. */
type Choice = readonly [CaptureType, ...CaptureType[]];

const interfaces: Choice = ['afpacket', 'pcap', 'pcapsocket', 'sflow', 'ebpf', 'netflow'];

const interfaceTypes = [
  // `tuntap` is what the topology calls a `tun`; the original forgot it here.
  ...[
    'internal',
    'veth',
    'tun',
    'tuntap',
    'bridge',
    'dummy',
    'gre',
    'bond',
    'can',
    'hsr',
    'ifb',
    'macvlan',
    'macvtap',
  ],
  ...[
    'vlan',
    'vxlan',
    'gretap',
    'ip6gretap',
    'geneve',
    'ipoib',
    'vcan',
    'ipip',
    'ipvlan',
    'lowpan',
    'ip6tnl',
  ],
  ...['ip6gre', 'sit', 'device'],
];

const byNodeType = new Map<string, Choice>([
  ['ovsbridge', ['ovssflow', 'pcapsocket', 'ovsnetflow']],
  ['ovsport', ['ovsmirror']],
  ['dpdkport', ['dpdk']],
  ...interfaceTypes.map((type): [string, Choice] => [type, interfaces]),
]);

/** Types of nodes that flows can be captured on. */
export const capturableTypes: readonly string[] = [...byNodeType.keys()];

/** How nodes of a type can be captured, the usual way first; empty when they cannot. */
export function captureTypesOf(nodeType: string): readonly CaptureType[] {
  return byNodeType.get(nodeType) ?? [];
}
