// SPDX-License-Identifier: Apache-2.0

/** Values of the edge metadata `RelationType`; the comment gives parent → child. */
export const relation = {
  /** What contains → what is contained. A child has at most one owner. */
  ownership: 'ownership',
  /** bridge → member, vlan parent → vlan, veth peer → veth, switch port → interface … */
  layer2: 'layer2',
  /** physical function → virtual function */
  vf: 'vf',
  /** host interface or PCI device → libvirt domain */
  vlayer2: 'vlayer2',
  /** mirrored node → mirror port */
  mirroring: 'mirroring',
  /** block devices: group → disk, child → device, host → group */
  connected: 'connected',
  /** block devices with the same WWN */
  multipath: 'multipath',
  /** OVS interface → logical switch port */
  mapping: 'mapping',
  /** OVN row → referenced row */
  ovn: 'ovn',
  /** host → Kubernetes node, Kubernetes node → pod */
  node: 'node',
  /** Kubernetes container → runtime container */
  container: 'container',
  /** Kubernetes policy → pod */
  networkpolicy: 'networkpolicy',
  /** Kubernetes and Istio links are called after the type of their parent. */
  service: 'service',
  deployment: 'deployment',
  replicaset: 'replicaset',
  daemonset: 'daemonset',
  statefulset: 'statefulset',
  ingress: 'ingress',
  pod: 'pod',
  persistentvolumeclaim: 'persistentvolumeclaim',
  storageclass: 'storageclass',
  virtualservice: 'virtualservice',
  destinationrule: 'destinationrule',
  gateway: 'gateway',
} as const;

export type RelationType = (typeof relation)[keyof typeof relation];
