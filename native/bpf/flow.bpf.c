// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Counts packets in flows, in the kernel. The same program serves as TCX or tc classifier and as socket filter: it
// reads packets with bpf_skb_load_bytes only and returns what its settings say. tools/bpf.mjs makes flow_image.h of it.
#include <linux/bpf.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flow.h"

#define ARP 0x0806
#define IPV4 0x0800
#define IPV6 0x86dd
#define TEB 0x6558 /* Ethernet in GRE or Geneve */
#define DOT1Q 0x8100
#define DOT1AD 0x88a8

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ICMP6 = 58, SCTP = 132 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };
enum { FIN = 1, SYN = 2, RST = 4 };
// What is read of a header; the structs may be longer.
enum { FRAME_BYTES = 14, PORTS_BYTES = 4, UDP_BYTES = 8, TCP_BYTES = 14 };
enum { NO_PROTOCOL = 0xffff, FULL_FOR_NS = 50000000 };
enum { PIECES_AT_MOST = 3, EXTENSIONS_AT_MOST = 4 };

struct map {
  int unused;
};
struct map flows SEC(".maps");  // hash: flow_key → flow_value
struct map ring SEC(".maps");   // ring buffer of flow_record
struct map shared SEC(".maps");  // array: one flow_shared
struct map work SEC(".maps");    // array of each core: one struct work

#define INLINE static inline __attribute__((always_inline))

// Where reading has come to.
struct reading {
  u32 at;
  u32 next;      // ether type of what comes, 0 for nothing more; TEB for an Ethernet frame
  u32 flags;     // of TCP
  u32 length;    // of the IP packet, 0 without one
  u16 port_from;
  u16 port_to;
  u32 from[4];   // addresses as they are in the packet
  u32 to[4];
  u32 protocol;  // of what follows IP
  u8 swapped;
  u8 ordered;  // the addresses so far tell the ends apart
};

// Not on the stack: what the verifier knows of the stack's contents multiplies the paths that it has to walk.
struct work {
  struct flow_record flow;
  struct reading reading;
};
_Static_assert(sizeof(struct work) <= FLOW_WORK_BYTES, "the map of `work` has larger elements");

#define load(skb, at, to, size) bpf_skb_load_bytes(skb, at, to, size)

INLINE void push(struct flow_record *f, u64 layer) { f->value.path = f->value.path << LAYER_BITS | layer; }

INLINE u64 big6(const u8 *bytes) {
  const u16 *words = (const u16 *)bytes;
  return (u64)bpf_ntohs(words[0]) << 32 | (u64)bpf_ntohs(words[1]) << 16 | bpf_ntohs(words[2]);
}

INLINE void set6(u8 *to, const u8 *from) {
  ((u16 *)to)[0] = ((const u16 *)from)[0];
  ((u16 *)to)[1] = ((const u16 *)from)[1];
  ((u16 *)to)[2] = ((const u16 *)from)[2];
}

INLINE void read_link(struct __sk_buff *skb, struct flow_record *f, struct reading *r, int outermost) {
  struct {
    u8 to[6], from[6];
    u16 type;
  } __attribute__((packed, aligned(4))) frame;
  r->next = 0;
  if (load(skb, r->at, &frame, FRAME_BYTES) < 0) return;
  r->at += FRAME_BYTES;
  f->key.parts |= FLOW_LINK;
  push(f, LAYER_ETHERNET);
  const u64 from = big6(frame.from), to = big6(frame.to);
  r->swapped = from > to;
  r->ordered = from != to;
  set6(f->key.link_a, r->swapped ? frame.to : frame.from);
  set6(f->key.link_b, r->swapped ? frame.from : frame.to);
  u32 tags = 0;
  if (outermost && skb->vlan_present) {
    f->key.vlans = skb->vlan_tci & 0xfff;
    tags = 1;
    push(f, LAYER_DOT1Q);
  }
  u16 type = bpf_ntohs(frame.type);
  for (int i = 0; i < VLANS_AT_MOST; i++) {
    struct {
      u16 tci, type;
    } tag;
    if (type != DOT1Q && type != DOT1AD) break;
    if (load(skb, r->at, &tag, sizeof tag) < 0) return;
    r->at += sizeof tag;
    if (tags < VLANS_AT_MOST) f->key.vlans |= (u64)(bpf_ntohs(tag.tci) & 0xfff) << (VLAN_BITS * tags);
    tags++;
    push(f, LAYER_DOT1Q);
    type = bpf_ntohs(tag.type);
  }
  r->next = type;
}

INLINE u16 icmp4_type(u8 type) {
  switch (type) {
    case 0:
      return 8;
    case 10:
    case 14:
    case 16:
    case 18:
      return type - 1;
    default:
      return type;
  }
}

INLINE u16 icmp6_type(u8 type) {
  switch (type) {
    case 129:
    case 134:
    case 136:
      return type - 1;
    default:
      return type;
  }
}

INLINE void read_icmp(struct __sk_buff *skb, struct flow_record *f, struct reading *r, int version6) {
  struct {
    u8 type, code;
    u16 sum, id, sequence;
  } icmp;
  push(f, version6 ? LAYER_ICMPV6 : LAYER_ICMPV4);
  if (load(skb, r->at, &icmp, sizeof icmp) < 0) return;
  f->key.parts |= FLOW_ICMP;
  const u16 type = version6 ? icmp6_type(icmp.type) : icmp4_type(icmp.type);
  const int echo = version6 && type == 128;
  f->key.port_a = type << 8 | (echo ? 0 : icmp.code);
  f->key.port_b = !version6 || echo ? bpf_ntohs(icmp.id) : 0;
}

// VXLAN and Geneve have their number in the same place.
INLINE void read_udp_tunnel(struct __sk_buff *skb, struct flow_record *f, struct reading *r, u32 layer) {
  u32 words[2];
  if (load(skb, r->at + UDP_BYTES, words, sizeof words) < 0) return;
  push(f, layer);
  f->key.parts |= FLOW_TUNNEL;
  f->key.tunnel = bpf_ntohl(words[1]) >> 8;
  r->at += UDP_BYTES + sizeof words;
  r->next = TEB;
  if (layer == LAYER_GENEVE) {
    const u32 first = bpf_ntohl(words[0]);
    r->at += (first >> 24 & 0x3f) * 4;
    r->next = first & 0xffff;
  }
}

INLINE void read_gre(struct __sk_buff *skb, struct flow_record *f, struct reading *r) {
  struct {
    u16 flags, type;
  } gre;
  push(f, LAYER_GRE);
  if (load(skb, r->at, &gre, sizeof gre) < 0) return;
  const u16 flags = bpf_ntohs(gre.flags);
  u32 at = r->at + sizeof gre;
  f->key.parts |= FLOW_TUNNEL;
  if (flags & 0xc000) at += 4;
  if (flags & 0x2000) {
    u32 number;
    if (load(skb, at, &number, sizeof number) < 0) return;
    f->key.tunnel = bpf_ntohl(number);
    at += 4;
  }
  if (flags & 0x1000) at += 4;
  if (flags & 0x0080) at += 4;
  if (flags & 0x4000) return;  // source routes: nothing has them
  r->at = at;
  r->next = bpf_ntohs(gre.type);
}

// The tunnel that a UDP port names.
INLINE u32 tunnel_of(u16 port) {
  if (port == 4789 || port == 8472) return LAYER_VXLAN;
  return port == 6081 ? LAYER_GENEVE : 0;
}

INLINE void read_transport(struct __sk_buff *skb, struct flow_record *f, struct reading *r) {
  const int version6 = f->key.ether_type == IPV6;
  const u32 protocol = r->protocol;
  struct {
    u16 from, to;
    u32 sequence, answered;
    u8 offset, flags;
  } head;
  if (protocol == GRE) return read_gre(skb, f, r);
  if (protocol == (version6 ? ICMP6 : ICMP)) return read_icmp(skb, f, r, version6);
  if (protocol != TCP && protocol != UDP && protocol != SCTP) return;
  if (load(skb, r->at, &head, protocol == TCP ? TCP_BYTES : PORTS_BYTES) < 0) return;
  push(f, protocol == TCP ? LAYER_TCP : protocol == UDP ? LAYER_UDP : LAYER_SCTP);
  f->key.parts |= FLOW_TRANSPORT;
  r->port_from = bpf_ntohs(head.from);
  r->port_to = bpf_ntohs(head.to);
  if (protocol == TCP) r->flags = head.flags & (FIN | SYN | RST);
  if (protocol != UDP) return;
  u32 tunnel = tunnel_of(r->port_to);
  if (tunnel == 0) tunnel = tunnel_of(r->port_from);
  if (tunnel) read_udp_tunnel(skb, f, r, tunnel);
}

// Returns the order of the two addresses as memcmp does.
INLINE int compare(const struct reading *r) {
  for (int i = 0; i < 4; i++) {
    if (r->from[i] != r->to[i]) return bpf_ntohl(r->from[i]) < bpf_ntohl(r->to[i]) ? -1 : 1;
  }
  return 0;
}

INLINE void set_addresses(struct flow_record *f, struct reading *r) {
  if (!r->ordered) {
    const int order = compare(r);
    r->swapped = order > 0;
    r->ordered = order != 0;
  }
  const u32 *first = r->swapped ? r->to : r->from, *second = r->swapped ? r->from : r->to;
  u32 *a = (u32 *)f->key.address_a, *b = (u32 *)f->key.address_b;
  for (int i = 0; i < 4; i++) {
    a[i] = first[i];
    b[i] = second[i];
  }
}

INLINE void read_ipv4(struct __sk_buff *skb, struct flow_record *f, struct reading *r) {
  struct {
    u8 version, tos;
    u16 length, id, fragment;
    u8 ttl, protocol;
    u16 sum;
    u32 from, to;
  } ip;
  push(f, LAYER_IPV4);
  if (load(skb, r->at, &ip, sizeof ip) < 0) return;
  f->key.parts |= FLOW_NETWORK;
  f->key.protocol = ip.protocol;
  r->from[0] = r->from[1] = r->from[2] = 0;
  r->to[0] = r->to[1] = r->to[2] = 0;
  r->from[3] = ip.from;
  r->to[3] = ip.to;
  r->length = bpf_ntohs(ip.length);
  r->at += (ip.version & 0xf) * 4;
  if (bpf_ntohs(ip.fragment) & 0x3fff) {
    push(f, LAYER_FRAGMENT);
  } else {
    r->protocol = ip.protocol;
  }
}

INLINE u32 extension_layer(u32 protocol) {
  switch (protocol) {
    case HOP_BY_HOP:
      return LAYER_IPV6_HOP_BY_HOP;
    case ROUTING:
      return LAYER_IPV6_ROUTING;
    case DESTINATION:
      return LAYER_IPV6_DESTINATION;
    default:
      return 0;
  }
}

INLINE void read_ipv6(struct __sk_buff *skb, struct flow_record *f, struct reading *r) {
  struct {
    u32 version;
    u16 length;
    u8 next, limit;
  } ip;
  push(f, LAYER_IPV6);
  if (load(skb, r->at, &ip, sizeof ip) < 0) return;
  if (load(skb, r->at + sizeof ip, r->from, sizeof r->from + sizeof r->to) < 0) return;
  f->key.parts |= FLOW_NETWORK;
  r->length = bpf_ntohs(ip.length);
  r->at += sizeof ip + sizeof r->from + sizeof r->to;
  u32 protocol = ip.next;
  for (int i = 0; i < EXTENSIONS_AT_MOST; i++) {
    const u32 layer = extension_layer(protocol);
    u8 extension[2];
    if (!layer || load(skb, r->at, extension, sizeof extension) < 0) break;
    push(f, layer);
    protocol = extension[0];
    r->at += extension[1] * 8 + 8;
  }
  f->key.protocol = protocol;
  if (protocol == FRAGMENT) {
    push(f, LAYER_IPV6_FRAGMENT);
    push(f, LAYER_FRAGMENT);
  } else {
    r->protocol = protocol;
  }
}

// The ports in the order of the addresses; a tunnel's number stands for its sender's port.
INLINE void set_ports(struct flow_record *f, struct reading *r) {
  if (!(f->key.parts & FLOW_TRANSPORT)) return;
  if (f->key.parts & FLOW_TUNNEL) {
    f->key.port_a = f->key.port_b = r->port_to;
    return;
  }
  if (!r->ordered) r->swapped = r->port_from > r->port_to;
  f->key.port_a = r->swapped ? r->port_to : r->port_from;
  f->key.port_b = r->swapped ? r->port_from : r->port_to;
}

INLINE void note_flags(struct flow_value *value, u32 direction, u32 flags) {
  const u32 ms = (bpf_ktime_get_ns() - value->start_ns) / 1000000 + 1;
  if (direction) {
    if (flags & SYN && !value->syn_ms[1]) value->syn_ms[1] = ms;
    if (flags & FIN && !value->fin_ms[1]) value->fin_ms[1] = ms;
    if (flags & RST && !value->rst_ms[1]) value->rst_ms[1] = ms;
  } else {
    if (flags & SYN && !value->syn_ms[0]) value->syn_ms[0] = ms;
    if (flags & FIN && !value->fin_ms[0]) value->fin_ms[0] = ms;
    if (flags & RST && !value->rst_ms[0]) value->rst_ms[0] = ms;
  }
}

INLINE void add(struct flow_value *value, const struct reading *r, u32 bytes) {
  if (value->swapped == r->swapped) {
    __sync_fetch_and_add(&value->packets[0], 1);
    __sync_fetch_and_add(&value->bytes[0], bytes);
  } else {
    __sync_fetch_and_add(&value->packets[1], 1);
    __sync_fetch_and_add(&value->bytes[1], bytes);
  }
  // The clock of the last tick: reading the exact one would be a fifth of all that is done for a packet.
  value->last_ns = bpf_ktime_get_coarse_ns();
  if (r->flags) note_flags(value, value->swapped != r->swapped, r->flags);
}

INLINE void count(struct flow_record *f, const struct reading *r, u32 bytes, struct flow_shared *settings) {
  struct flow_value *known = bpf_map_lookup_elem(&flows, &f->key);
  if (known) return add(known, r, bytes);
  // All but the path, which is there.
  __builtin_memset(&f->value, 0, offsetof(struct flow_value, path));
  __builtin_memset(f->value.syn_ms, 0, sizeof f->value - offsetof(struct flow_value, syn_ms));
  f->value.packets[0] = 1;
  f->value.bytes[0] = bytes;
  f->value.start_ns = f->value.last_ns = bpf_ktime_get_ns();
  f->value.port_from = r->port_from;
  f->value.port_to = r->port_to;
  f->value.swapped = r->swapped;
  if (r->flags) note_flags(&f->value, 0, r->flags);
  const u64 tick = bpf_ktime_get_coarse_ns();
  // Trying in vain costs more than all the rest.
  if (tick >= settings->full_until) {
    if (bpf_map_update_elem(&flows, &f->key, &f->value, BPF_NOEXIST) == 0) return;
    // Another core was quicker, or there is no room.
    known = bpf_map_lookup_elem(&flows, &f->key);
    if (known) return add(known, r, bytes);
    settings->full_until = tick + FULL_FOR_NS;
  }
  const u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
  const u64 wake = waiting >= settings->wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
  if (bpf_ringbuf_output(&ring, f, sizeof *f, wake) == 0) {
    __sync_fetch_and_add(&settings->overflowed, 1);
  } else {
    __sync_fetch_and_add(&settings->lost, 1);
  }
}

SEC("flow")
int count_flow(struct __sk_buff *skb) {
  u32 zero = 0;
  struct flow_shared *settings = bpf_map_lookup_elem(&shared, &zero);
  struct work *w = bpf_map_lookup_elem(&work, &zero);
  if (!settings || !w) return 0;
  struct flow_record *f = &w->flow;
  struct reading *r = &w->reading;
  r->at = 0;
  r->next = settings->first == FIRST_IP ? bpf_ntohs(skb->protocol) : TEB;
  u64 parent = 0;
  for (int piece = 0; piece < PIECES_AT_MOST; piece++) {
    __builtin_memset(&f->key, 0, sizeof f->key);
    f->value.path = 0;
    const u32 from = r->at;
    r->flags = r->length = 0;
    r->port_from = r->port_to = 0;
    r->swapped = r->ordered = 0;
    r->protocol = NO_PROTOCOL;
    if (piece) {
      f->key.parts = FLOW_INNER;
      f->key.parent = parent;
    }
    if (r->next == TEB) read_link(skb, f, r, piece == 0);
    const u32 type = r->next;
    r->next = 0;
    if (type == IPV4 || type == IPV6 || type == ARP) f->key.ether_type = type;
    if (type == ARP) push(f, LAYER_ARP);
    if (type == IPV4) read_ipv4(skb, f, r);
    if (type == IPV6) read_ipv6(skb, f, r);
    if (f->key.parts & FLOW_NETWORK) set_addresses(f, r);
    if (r->protocol != NO_PROTOCOL) read_transport(skb, f, r);
    set_ports(f, r);
    if (!(f->key.parts & (FLOW_LINK | FLOW_NETWORK))) break;
    // A frame counts as a whole, a bare packet with the length that it says it has.
    count(f, r, f->key.parts & FLOW_LINK ? skb->len - from : r->length, settings);
    if (r->next != TEB && r->next != IPV4 && r->next != IPV6) break;
    parent = flow_mix(&f->key, settings->seed);
  }
  return settings->verdict;
}

char licence[] SEC("license") = "Dual BSD/GPL";
