// SPDX-License-Identifier: Apache-2.0

import { addon } from '../native/addon.js';
import type { CompilePacketFilter } from './packet-filter.js';

/**
 * The words of pcap-filter(7). Any other word is a name that libpcap would look up in the network, which can hold the
 * process for as long as a name server likes.
 */
const words = new Set(
  `host net mask port portrange src dst ether link fddi tr wlan ip ip6 arp rarp decnet tcp udp sctp icmp icmp6 igmp
  igrp pim ah esp vrrp carp gateway proto protochain broadcast multicast less greater len and or not inbound outbound
  ifname on rnr rulenum reason rset ruleset srnr subrulenum action type subtype dir vlan mpls pppoed pppoes geneve
  vxlan atalk aarp iso clnp esis isis stp ipx netbeui lat moprc mopdl sca rtp radius llc ra ta addr1 addr2 addr3 addr4
  mgt ctl data nods tods fromds dstods i s u rr rnr rej ui ua disc sabme test xid frmr l1 l2 iih lsp snp csnp psnp
  tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr icmptype icmpcode icmp6type icmp6code
  hello bmsg oui lane metac bcc oam4 oam4f oam4c oam oamf4 sc ilmic connectmsg metaconnect vpi vci
  ifindex byte aid random`.split(/\s+/),
);
const icmpTypes = /^icmp6?-[a-z]+$/;
const numeric =
  /^(?:0x[0-9a-f]+|[0-9.]+(?:\/[0-9]+)?|[0-9]+-[0-9]+|(?:[0-9a-f]{1,2}[:.-]){5}[0-9a-f]{1,2}|[0-9a-f:.]*:[0-9a-f:.]*(?:\/[0-9]+)?)$/;

/** Throws when the expression names a host or network other than by its address. */
function refuseNames(expression: string): void {
  let before = '';
  for (const word of expression.toLowerCase().match(/[a-z0-9_.:/\\-]+/g) ?? []) {
    const bare = word.replace(/^\\/, '');
    // Names of ports are read from a file of the host.
    const named = /^(?:port|portrange)$/.test(before);
    const parts =
      words.has(bare) || icmpTypes.test(bare) ? [] : bare.split('-').filter((part) => !/^[0-9]*$/.test(part));
    const known = parts.length === 0 || numeric.test(bare) || words.has(bare.replace(/:.*$/, ''));
    if (!known && !named)
      throw new Error(`names are not looked up: write the address or number instead of "${word}"`);
    before = bare;
  }
}

/** Compiles with libpcap, of which the addon makes use when it is installed. */
export const compileExpression: CompilePacketFilter = (expression, linkType, captureLength) => {
  refuseNames(expression);
  const filter = new (addon().PacketFilter)(expression, linkType, captureLength);
  return (packet) => filter.test(packet);
};
