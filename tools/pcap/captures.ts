// SPDX-License-Identifier: Apache-2.0
// The captures of the golden tests: between them every layer that a path can name.

import {
  ACK,
  type Bytes,
  cat,
  chunk,
  dns,
  dot1q,
  ethernet,
  extension,
  FIN,
  type Frame,
  geneve,
  gre,
  icmp4,
  icmp6,
  ieee8023,
  ip4,
  ip6,
  ip6Address,
  mac,
  mpls,
  name,
  RST,
  record,
  SYN,
  sctp,
  tcp,
  u8,
  u16,
  u32,
  udp,
  vxlan,
  zeros,
} from './frames.js';

export interface Capture {
  readonly linkType: number;
  readonly frames: readonly (Frame | Bytes)[];
}

const inner4 = ip4(11, 12, 17, udp(7, 9));
const inner6 = ip6(11, 12, 17, udp(7, 9));
const innerFrame = ethernet(11, 12, 0x0800, inner4);
/** A host that no frame came from yet, so that each frame has a flow of its own. */
let lastHost = 20;
const fresh = (): number => {
  lastHost = lastHost === 199 ? 21 : lastHost + 1;
  return lastHost;
};
const via4 = (from: number, protocol: number, payload: Bytes): Bytes =>
  ethernet(from, 2, 0x0800, ip4(from, 2, protocol, payload));
const from1 = (protocol: number, payload: Bytes): Bytes => via4(1, protocol, payload);
const on4 = (protocol: number, payload: Bytes): Bytes => via4(fresh(), protocol, payload);
const on6 = (next: number, payload: Bytes): Bytes => {
  const from = fresh();
  return ethernet(from, 2, 0x86dd, ip6(from, 2, next, payload));
};
const onUdp = (port: number, payload: Bytes): Bytes => on4(17, udp(40000, port, payload));
const tlv = (type: number, value: Bytes): Bytes => cat(u16((type << 9) | value.length), value);
const arp = cat(u16(1, 0x0800), u8(6, 4), u16(1), mac(1), u8(10, 0, 0, 1), zeros(6), u8(10, 0, 0, 2));
const lldp = cat(
  tlv(1, cat(u8(4), mac(1))),
  tlv(2, u8(7, 49)),
  tlv(3, u16(120)),
  tlv(5, cat('switch')),
  tlv(0, zeros(0)),
);
const snap = (type: number, payload: Bytes): Bytes => cat(u8(0xaa, 0xaa, 3, 0, 0, 0), u16(type), payload);

const link: Capture = {
  linkType: 1,
  frames: [
    ethernet(fresh(), 255, 0x0806, arp),
    ethernet(fresh(), 255, 0x0806, cat(arp, zeros(18))),
    ethernet(fresh(), 2, 0x8100, dot1q(5, 0x0806, arp)),
    ethernet(fresh(), 2, 0x88a8, dot1q(100, 0x8100, dot1q(200, 0x0800, inner4))),
    ethernet(fresh(), 2, 0x88cc, lldp),
    ethernet(fresh(), 2, 0x88cc, lldp.subarray(0, 12)),
    ethernet(fresh(), 2, 0x888e, cat(u8(1, 0), u16(5), u8(1, 9), u16(5), u8(1))),
    ethernet(fresh(), 2, 0x888e, cat(u8(1, 3), u16(95), zeros(95))),
    ethernet(fresh(), 2, 0x888e, u8(1, 1, 0, 0)),
    ethernet(fresh(), 2, 0x9000, cat(u8(0, 0, 2, 0), mac(3), u8(1, 0, 7, 0, 1, 2))),
    ethernet(fresh(), 2, 0x880b, cat(u8(0xff, 3), u16(0x21), inner4)),
    ethernet(fresh(), 2, 0x8864, cat(u8(0x11, 0), u16(7, inner6.length + 2, 0x57), inner6)),
    ethernet(fresh(), 2, 0x8863, cat(u8(0x11, 9), u16(0, 4), u32(0))),
    ethernet(fresh(), 2, 0x1234, cat('unknown')),
    ieee8023(fresh(), 2, cat(u8(0x42, 0x42, 3), zeros(35))),
    ieee8023(fresh(), 2, cat(u8(0xfe, 0xfe, 3), zeros(10))),
    ieee8023(fresh(), 2, snap(0x2000, cat(u8(2, 180), u16(0), u16(1, 8), 'core'))),
    ieee8023(fresh(), 2, snap(0x01a2, zeros(12))),
    ieee8023(fresh(), 2, snap(0x0800, inner4)),
    { bytes: ethernet(fresh(), 2, 0x0800, inner4), captured: 10 },
    { bytes: ethernet(fresh(), 2, 0x0800, inner4), captured: 30 },
  ],
};

const networkV4: Capture = {
  linkType: 1,
  frames: [
    ethernet(fresh(), 2, 0x0800, ip4(fresh(), 2, 17, udp(7, 9), { options: u8(1, 1, 0x94, 4, 0, 0, 0, 0) })),
    ethernet(fresh(), 2, 0x0800, ip4(fresh(), 2, 17, udp(7, 10), { options: u8(0x94, 9, 0, 0) })),
    on4(4, inner4),
    on4(41, inner6),
    on4(94, inner4),
    on4(50, cat(u32(1, 2), zeros(16))),
    on4(51, cat(u8(17, 4), u16(0), u32(1, 2), zeros(12), udp(7, 9))),
    on4(97, cat(u8(0x30, 0), innerFrame)),
    on4(200, zeros(20)),
    on4(59, zeros(8)),
    on4(2, cat(u8(0x16, 0), u16(0), u8(224, 0, 0, 251))),
    on4(2, cat(u8(0x22, 0), u16(0, 0, 0))),
    on4(112, cat(u8(0x21, 7, 100, 1, 0, 3), u16(0), u8(10, 0, 0, 254))),
    on4(89, cat(u8(2, 5), u16(24), zeros(20))),
    on4(27, cat(u8(0x40, 9, 5, 6), u16(2), zeros(12), u8(1, 2))),
    on4(136, cat(u16(7, 9, 8, 0), u8(1, 2))),
    ethernet(fresh(), 2, 0x0800, cat(u8(0x45, 0), u16(0), inner4.subarray(4))),
    ethernet(1, 1, 0x0800, ip4(1, 2, 17, udp(7, 9))),
    ethernet(1, 1, 0x0800, ip4(2, 1, 17, udp(9, 7))),
    ethernet(1, 1, 0x0800, ip4(1, 1, 17, udp(7, 9))),
    ethernet(1, 1, 0x0800, ip4(1, 1, 17, udp(9, 7))),
  ],
};

const hopByHop = u8(5, 2, 0, 0, 1, 0);
const networkV6: Capture = {
  linkType: 1,
  frames: [
    on6(17, udp(7, 9)),
    on6(0, extension(17, hopByHop, udp(7, 10))),
    on6(60, extension(17, u8(1, 4, 0, 0, 0, 0), udp(7, 11))),
    on6(43, extension(17, cat(u8(0, 1), zeros(20)), udp(7, 12))),
    on6(43, extension(17, cat(u8(2, 1), zeros(20)), udp(7, 13))),
    on6(44, cat(u8(17, 0), u16(1), u32(5), udp(7, 14))),
    on6(59, zeros(4)),
    on6(58, icmp6(128, 0, u16(7, 1))),
    on6(58, icmp6(129, 0, u16(7, 1))),
    on6(58, icmp6(1, 4, cat(u32(0), inner6))),
    on6(58, icmp6(133, 0, cat(u32(0), u8(1, 1), mac(1)))),
    on6(58, icmp6(134, 0, zeros(12))),
    on6(58, icmp6(135, 0, cat(u32(0), ip6Address(2)))),
    on6(58, icmp6(136, 0, cat(u32(0x60000000), ip6Address(2), u8(2, 1), mac(2)))),
    on6(58, icmp6(137, 0, zeros(36))),
    on6(58, icmp6(130, 0, zeros(20))),
    on6(58, icmp6(130, 0, zeros(24))),
    on6(58, icmp6(131, 0, zeros(20))),
    on6(58, icmp6(132, 0, zeros(20))),
    on6(58, icmp6(143, 0, cat(u16(0, 1), u8(4, 0), u16(0), ip6Address(9)))),
    on6(58, icmp6(135, 0, cat(u32(0), ip6Address(2), u8(1, 0)))),
    on6(4, inner4),
    ethernet(fresh(), 2, 0x86dd, cat(u32(0x60000000), u16(0), u8(17, 64), ip6Address(1), ip6Address(2))),
    { bytes: on6(17, udp(7, 15)), captured: 40 },
  ],
};

const transport: Capture = {
  linkType: 1,
  frames: [
    from1(6, tcp(1000, 80, SYN, 1)),
    ethernet(2, 1, 0x0800, ip4(2, 1, 6, tcp(80, 1000, SYN | ACK, 1))),
    from1(6, tcp(1000, 80, ACK, 2, cat('GET'))),
    on4(6, tcp(1001, 80, RST, 1)),
    on4(6, tcp(1002, 80, FIN, 1)),
    { bytes: on4(6, tcp(1003, 80, ACK, 1)), captured: 44 },
    on4(17, udp(1000, 2000)),
    on4(17, cat(u16(1000, 2001, 3, 0))),
    on4(17, cat(u16(1000, 2002, 0, 0), zeros(4))),
    on4(132, sctp(1, 2, chunk(1, zeros(16)))),
    on4(132, sctp(1, 2, chunk(2, cat(zeros(16), u16(7, 6, 1, 0))))),
    on4(132, sctp(1, 3, chunk(0, cat(zeros(12), 'data')))),
    on4(132, sctp(1, 4, chunk(3, zeros(12)), chunk(4, u16(1, 4)))),
    on4(132, sctp(1, 5, chunk(5, u16(1, 4)), chunk(6, zeros(0)))),
    on4(132, sctp(1, 6, chunk(7, zeros(4)), chunk(8, zeros(0)), chunk(9, zeros(0)))),
    on4(132, sctp(1, 7, chunk(10, cat('cook')), chunk(11, zeros(0)), chunk(14, zeros(0)))),
    on4(132, sctp(1, 8, chunk(77, zeros(0)))),
    from1(1, icmp4(8, 0, 5)),
    { bytes: ethernet(2, 1, 0x0800, ip4(2, 1, 1, icmp4(0, 0, 5))), gapUs: 42 },
    ...[3, 4, 5, 9, 11, 12, 13, 15, 17, 40].map((type) => on4(1, icmp4(type, 1, 0))),
  ],
};

const tunnels: Capture = {
  linkType: 1,
  frames: [
    on4(47, gre(0x0800, inner4)),
    on4(47, gre(0x86dd, inner6, 0x2000, u32(77))),
    on4(47, gre(0x6558, innerFrame, 0xb000, u32(0, 99, 1))),
    on4(47, gre(0x0800, ip4(11, 12, 47, gre(0x0800, ip4(21, 22, 1, icmp4(8, 0, 3)))))),
    on4(47, gre(0x88be, cat(u32(0x10010001, 2), innerFrame), 0x1000, u32(1))),
    on4(47, gre(0x8847, mpls(20, true, inner4))),
    ethernet(fresh(), 2, 0x8847, mpls(16, true, inner4)),
    ethernet(fresh(), 2, 0x8848, mpls(16, true, inner6)),
    ethernet(fresh(), 2, 0x8847, mpls(16, true, innerFrame)),
    ethernet(fresh(), 2, 0x8847, mpls(16, true, ip4(11, 12, 200, zeros(20)))),
    via4(1, 17, udp(40000, 4789, vxlan(42, innerFrame))),
    onUdp(8472, vxlan(43, ethernet(11, 12, 0x0806, arp))),
    onUdp(6081, geneve(44, 0x6558, zeros(0), innerFrame)),
    onUdp(6081, geneve(45, 0x0800, cat(u16(0x0102), u8(1, 1), u32(0)), inner4)),
    onUdp(2152, cat(u8(0x30, 255), u16(inner4.length), u32(7), inner4)),
    onUdp(2152, cat(u8(0x34, 255), u16(inner6.length + 8), u32(7), u16(0), u8(0, 0x85, 1, 0, 0, 0), inner6)),
    ethernet(
      2,
      1,
      0x0800,
      ip4(2, 1, 17, udp(50000, 4789, vxlan(42, ethernet(12, 11, 0x0800, ip4(12, 11, 17, udp(9, 7)))))),
    ),
    on6(17, udp(40000, 4789, vxlan(46, ethernet(11, 12, 0x86dd, inner6)))),
  ],
};

const soa = cat(name('ns', 12), name('root', 12), u32(1, 2, 3, 4, 5));
const application: Capture = {
  linkType: 1,
  frames: [
    onUdp(53, dns(0x0100, [cat(name('example', 'org'), u16(1, 1))])),
    ethernet(
      2,
      1,
      0x0800,
      ip4(
        2,
        1,
        17,
        udp(
          53,
          40000,
          dns(
            0x8580,
            [cat(name('example', 'org'), u16(255, 1))],
            [
              record(name(12), 1, u8(192, 0, 2, 1)),
              record(name(12), 28, ip6Address(1)),
              record(name(12), 2, name('ns', 12)),
              record(name('www', 12), 5, name(12)),
              record(name(12), 12, name('ptr', 12)),
              record(name(12), 15, cat(u16(10), name('mx', 12))),
              record(name(12), 16, cat(u8(3), 'a<b', u8(2), 'c"')),
              record(name(12), 13, cat(u8(3), 'cpu', u8(2), 'os')),
              record(name(12), 33, cat(u16(1, 2, 5060), name('sip', 12))),
              record(name(12), 99, u8(1, 2, 3)),
              record(name(12), 1, u8(1, 2, 3)),
            ],
            [record(name(12), 6, soa)],
            [record(name(), 41, zeros(0), 0, 4096)],
          ),
        ),
      ),
    ),
    onUdp(53, dns(0x2800, [cat(name('update', 'test'), u16(6, 3))])),
    onUdp(53, cat('no dns at all')),
    on4(
      17,
      udp(
        68,
        67,
        cat(
          u8(1, 1, 6, 2),
          u32(9),
          u16(3, 0x8000),
          zeros(16),
          mac(1),
          zeros(10),
          'server',
          zeros(58),
          'file',
          zeros(124),
          u32(0x63825363),
          u8(53, 1, 1, 255),
        ),
      ),
    ),
    on6(17, udp(546, 547, cat(u8(1, 0, 0, 1), u16(8, 2, 0)))),
    onUdp(123, zeros(48)),
    onUdp(123, zeros(4)),
    onUdp(3784, cat(u8(0x20, 0xc0, 3, 24), zeros(20))),
    onUdp(5060, cat('OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n')),
    onUdp(5060, cat('SIP/2.0 200 OK\r\nContent-Length: none\r\n\r\n')),
    onUdp(6343, cat(u32(5, 1, 0x0a000001, 0, 1, 2, 1, 1, 32, 1, 0, 1, 1, 0, 0, 0, 0))),
    onUdp(6343, cat(u32(5, 1, 0x0a000001, 0, 1, 2, 0))),
    on4(112, cat(u8(0x21, 7, 100, 1, 0, 3), u16(0), u8(10, 0, 0, 254))),
  ],
};

/** One side of a connection that loses, repeats and reorders segments, around the wrap of the sequence. */
const streams: Capture = {
  linkType: 1,
  frames: [
    from1(6, tcp(1000, 80, SYN, 0xfffffff0)),
    ethernet(2, 1, 0x0800, ip4(2, 1, 6, tcp(80, 1000, SYN | ACK, 100))),
    from1(6, tcp(1000, 80, ACK, 0xfffffff1, zeros(10))),
    from1(6, tcp(1000, 80, ACK, 9, zeros(6))),
    from1(6, tcp(1000, 80, ACK, 0xfffffffb, zeros(14))),
    from1(6, tcp(1000, 80, ACK, 9, zeros(6))),
    from1(6, tcp(1000, 80, ACK, 12, zeros(10))),
    ethernet(2, 1, 0x0800, ip4(2, 1, 6, tcp(80, 1000, ACK, 2101, zeros(1200)))),
    ethernet(2, 1, 0x0800, ip4(2, 1, 6, tcp(80, 1000, ACK, 101, zeros(2000)))),
    from1(6, tcp(1000, 80, FIN | ACK, 22)),
    ethernet(2, 1, 0x0800, ip4(2, 1, 6, tcp(80, 1000, FIN | ACK, 3301))),
    from1(6, tcp(1001, 80, ACK, 500, zeros(5))),
    from1(6, tcp(1001, 80, RST, 505, zeros(5))),
    from1(6, tcp(1000, 80, SYN, 1)),
    from1(6, tcp(1000, 80, RST, 2)),
  ],
};

const piece = (from: number, offset: number, more: boolean, payload: Bytes, id: number): Bytes =>
  ethernet(
    from,
    3 - from,
    0x0800,
    ip4(from, 3 - from, 17, payload, { id, fragment: (more ? 0x2000 : 0) | (offset / 8) }),
  );
const datagram = udp(7, 9, Buffer.alloc(64, 5));
const fragments: Capture = {
  linkType: 1,
  frames: [
    piece(1, 0, true, datagram.subarray(0, 24), 1),
    piece(1, 24, true, datagram.subarray(24, 48), 1),
    piece(1, 48, false, datagram.subarray(48), 1),
    // Backwards, one twice.
    piece(1, 48, false, datagram.subarray(48), 2),
    piece(1, 24, true, datagram.subarray(24, 48), 2),
    piece(1, 24, true, datagram.subarray(24, 48), 2),
    piece(1, 0, true, datagram.subarray(0, 24), 2),
    // Never complete, and too small.
    piece(2, 0, true, datagram.subarray(0, 24), 3),
    piece(2, 24, true, datagram.subarray(24, 28), 3),
    ethernet(2, 1, 0x0800, ip4(2, 1, 17, udp(9, 7), { id: 3 })),
  ],
};

const sll = (type: number, payload: Bytes): Bytes => cat(u16(0, 1, 6), mac(1), u16(0, type), payload);

export const captures: Readonly<Record<string, Capture>> = {
  link,
  'network-v4': networkV4,
  'network-v6': networkV6,
  transport,
  tunnels,
  application,
  streams,
  fragments,
  raw: { linkType: 101, frames: [inner4, inner6, cat('?')] },
  loopback: {
    linkType: 0,
    frames: [cat(u8(2, 0, 0, 0), inner4), cat(u8(0, 0, 0, 30), inner6), cat(u8(9, 9, 9, 9), inner4)],
  },
  ppp: { linkType: 9, frames: [cat(u8(0xff, 3, 0, 0x21), inner4), cat(u8(0x57), inner6)] },
  sll: { linkType: 113, frames: [sll(0x0800, inner4), sll(0x86dd, inner6)] },
};
