/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What flow.bpf.c and the agent share: the entries of the flow table that the kernel keeps, in host byte order. */
#ifndef SKYDIVE_BPF_FLOW_H
#define SKYDIVE_BPF_FLOW_H

#ifdef __cplusplus
#include <cstdint>
namespace skydive::bpf {
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#else
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif

/* Which parts of a key are set. */
enum flow_part {
  FLOW_LINK = 1,
  FLOW_NETWORK = 2,
  FLOW_TRANSPORT = 4,
  FLOW_ICMP = 8,
  FLOW_TUNNEL = 16, /* it encloses other flows */
  FLOW_INNER = 32,  /* a tunnel encloses it */
};

/* Layers as `path` holds them. 1 to 11 are the original's numbers. */
enum flow_layer {
  LAYER_ETHERNET = 1,
  LAYER_ARP,
  LAYER_DOT1Q,
  LAYER_IPV4,
  LAYER_IPV6,
  LAYER_ICMPV4,
  LAYER_ICMPV6,
  LAYER_UDP,
  LAYER_TCP,
  LAYER_SCTP,
  LAYER_GRE,
  LAYER_FRAGMENT,
  LAYER_VXLAN,
  LAYER_GENEVE,
  LAYER_IPV6_HOP_BY_HOP,
  LAYER_IPV6_ROUTING,
  LAYER_IPV6_FRAGMENT,
  LAYER_IPV6_DESTINATION,
  LAYER_COUNT,
};

enum { LAYER_BITS = 6, LAYERS_AT_MOST = 10, VLAN_BITS = 12, VLANS_AT_MOST = 5 };

/* Both directions of a flow have the same key: of the two ends the one with the smaller address comes first. */
struct flow_key {
  u8 link_a[6];
  u8 link_b[6];
  u16 ether_type; /* 0 when neither ARP nor IP */
  u8 protocol;
  u8 parts;
  u8 address_a[16]; /* IPv4 in the last four bytes */
  u8 address_b[16];
  u16 port_a; /* of ICMP: type << 8 | code, requests and answers alike */
  u16 port_b; /* of ICMP: identifier */
  u32 tunnel; /* of VXLAN, Geneve, GRE */
  u64 vlans;  /* the outermost in the lowest bits */
  u64 parent; /* what the key of the enclosing flow mixes to */
};

enum { FLOW_FORWARD = 0, FLOW_BACKWARD = 1 };

/* Forward is the direction of the packet that made the entry. What every packet needs comes first. */
struct flow_value {
  u64 bytes[2];
  u32 packets[2];
  u64 last_ns; /* CLOCK_MONOTONIC_COARSE: up to a tick early, also before `start_ns` */
  u16 port_from; /* of the packet that made the entry; its sender's */
  u16 port_to;
  u8 swapped; /* whether that packet's ends were exchanged for the key */
  u8 unused[3];
  u64 start_ns; /* CLOCK_MONOTONIC */
  u64 path;
  /* Milliseconds since `start_ns` plus one of the first packet with the flag, 0 while there was none. */
  u32 syn_ms[2];
  u32 fin_ms[2];
  u32 rst_ms[2];
};

/* An entry of the table, or a packet that found no room in it. */
struct flow_record {
  struct flow_key key;
  struct flow_value value;
};

enum flow_first { FIRST_ETHERNET = 0, FIRST_IP = 1 };

/* Settings of the program and what it counts. */
struct flow_shared {
  u64 seed;        /* of `parent` */
  u64 wake_bytes;  /* as much waits in the ring before the agent is woken */
  u64 lost;        /* packets that found room neither in the table nor in the ring */
  u64 overflowed;  /* packets that went through the ring */
  u64 full_until;  /* no entry is made before that time (CLOCK_MONOTONIC_COARSE): there was no room */
  u32 first;       /* enum flow_first */
  u32 verdict;     /* what the program returns */
};

/* Scratch memory of the program, a piece a core. */
enum { FLOW_WORK_BYTES = 256 };

/* What `parent` holds: a key mixed to one number, its words from `seed` on. */
static inline __attribute__((always_inline)) u64 flow_mix(const struct flow_key *key, u64 seed) {
  const u64 *words = (const u64 *)key;
  u64 mixed = seed;
  for (unsigned i = 0; i < sizeof(struct flow_key) / 8; i++) {
    mixed = (mixed ^ words[i]) * 0x9e3779b97f4a7c15ull;
    mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9ull;
  }
  return mixed;
}

#ifdef __cplusplus
static_assert(sizeof(flow_key) == 72);
static_assert(sizeof(flow_value) == 80);
}  // namespace skydive::bpf
#endif
#endif
