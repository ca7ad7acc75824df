// SPDX-License-Identifier: Apache-2.0

/** Port of a bond (IFLA_INFO_SLAVE_DATA); numbers as the kernel has them. */
export interface BondPortFacts {
  readonly state: number;
  readonly miiStatus: number;
  readonly linkFailureCount: number;
  readonly permMac: string;
  readonly queueId: number;
  readonly aggregatorId: number;
  readonly actorState: number;
  readonly partnerState: number;
}

/** Virtual function of an SR-IOV device; absent members are zero. */
export interface VirtualFunctionFacts {
  readonly id: number;
  readonly mac?: string;
  readonly vlan?: number;
  readonly qos?: number;
  readonly txRate?: number;
  readonly linkState?: number;
  readonly spoofCheck?: 1;
}

/** An interface; absent members are absent or zero in the kernel's message. */
export interface LinkFacts {
  readonly name: string;
  /** IFLA_INFO_KIND, empty for hardware and loopback. */
  readonly kind: string;
  /** ARPHRD_* */
  readonly type: number;
  /** IFF_* */
  readonly flags: number;
  /** IF_OPER_* */
  readonly state: number;
  readonly driver: string;
  readonly bus: string;
  readonly mtu?: number;
  readonly mac?: string;
  readonly master?: number;
  /** IFLA_LINK: the lower interface, or the peer of a veth, by index in the namespace that `nsid` names. */
  readonly parent?: number;
  /** IFLA_LINK_NETNSID */
  readonly nsid?: number;
  /** Id of the watched namespace behind `nsid`, where it is one. */
  readonly peerNamespace?: number;
  /** Index of a veth's peer. */
  readonly peer?: number;
  /** Mbit/s */
  readonly speed?: number;
  readonly vlan?: number;
  readonly bondMode?: number;
  readonly bondPort?: BondPortFacts;
  readonly functions?: readonly VirtualFunctionFacts[];
}

/** ARP, NDP or forwarding entry; absent members are empty or zero. */
export interface NeighbourFacts {
  /** NTF_* */
  readonly flags?: number;
  /** NUD_* */
  readonly state?: number;
  readonly mac?: string;
  readonly ip?: string;
  readonly vlan?: number;
  readonly vni?: number;
}

/** A route, or one hop of a multipath route. */
export interface RouteFacts {
  readonly table: number;
  readonly family: 4 | 6;
  /** RTPROT_* */
  readonly protocol: number;
  readonly priority?: number;
  /** CIDR; absent for a default route. */
  readonly destination?: string;
  readonly source?: string;
  readonly gateway?: string;
}

/**
 * The latest state of what changed of one interface. A new interface comes with all its parts, a known one with
 * those that changed, a lost one with `gone`. Lists are whole.
 */
export interface InterfaceChange {
  readonly namespace: number;
  readonly index: number;
  readonly gone?: 1;
  readonly link?: LinkFacts;
  /** CIDR */
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly neighbours?: readonly NeighbourFacts[];
  readonly fdb?: readonly NeighbourFacts[];
  readonly routes?: readonly RouteFacts[];
  /** struct rtnl_link_stats64 in its order; only for a new interface and after `sample`. */
  readonly stats?: readonly number[];
  /** '0' or '1' for each of `featureNames()`. */
  readonly features?: string;
}

/** One entry of a batch, which is a JSON array of them. */
export type NetlinkReport =
  | InterfaceChange
  /** Everything that was there when the namespace was added has been reported. */
  | { readonly namespace: number; readonly synced: 1 }
  /** The monitor ended; nothing follows. */
  | { readonly failed: string };

export interface NetlinkCounters {
  readonly messages: number;
  /** Times the kernel dropped messages; each led to a full reading. */
  readonly overruns: number;
  /** Tables read whole. */
  readonly dumps: number;
  readonly failedDumps: number;
  readonly batches: number;
}

/** Follows network namespaces on one thread of its own. It keeps the process alive until it is closed. */
export interface NetlinkMonitor {
  /**
   * Follows the namespace of the process, or the one behind a path such as `/run/netns/x` or `/proc/<pid>/ns/net`.
   * Throws what the system says when it cannot be opened or entered.
   */
  add(options: { readonly path?: string; readonly receiveBytes?: number }): {
    readonly id: number;
    readonly device: number;
    readonly inode: number;
  };
  remove(id: number): void;
  /** The batch has been dealt with: the next one may come. */
  acknowledge(): void;
  /**
   * Reads every table and asks every driver again; what changed is reported. Of a namespace in which nothing has
   * happened since, only once a minute.
   */
  refresh(id: number): void;
  /** Reads the counters; those that changed are reported. */
  sample(id: number): void;
  /** Stops reading what the kernel sends: for tests that want an overrun. */
  pause(pause: boolean): void;
  featureNames(): string[];
  counters(): NetlinkCounters;
  close(): void;
}

export interface NativeNetlinkMonitor {
  new (deliver: (batch: string) => void): NetlinkMonitor;
  /** The batch that netlink messages would give, for tests: namespace 0, without drivers. */
  decode(messages: Uint8Array): string;
}
