// SPDX-License-Identifier: Apache-2.0
// Flows measured on the original for single packets and pairs: each identifier, path and counter must be
// equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "flow/encode.h"
#include "flow/table.h"
#include "flow/text.h"
#include "layers/decode.h"

namespace skydive::flow {
namespace {

struct Vector {
  const char* name;
  uint32_t link_type;
  std::vector<std::string> frames;  // hexadecimal, one millisecond apart
  // LayersPath A>B #Network.ID, link#Link.ID, transport or ICMP type/code/id, counters, TrackingID,
  // L3TrackingID, UUID in mode L2 and in mode L3.
  std::vector<std::string> flows;
};

const std::vector<Vector>& Vectors() {
  static const std::vector<Vector> vectors = {
      {"tcp syn",
       1,
       {"02000000000202000000000108004500002800010000400666cd0a0000010a00000203e80050000000000000"
        "00005002200077a80000"},
       {"Ethernet/IPv4/TCP 10.0.0.1>10.0.0.2 TCP 1000>80 AB 1/54 BA 0/0 T c99058860b85131f L3T bc"
        "a8919e80279434 U 25a359a2cfdb35b6 U3 b49c3ede1ae8eced"}},
      {"udp dst>src mac order",
       1,
       {"02000000000202000000000908004500002000010000401166ca0a0000020a00000113881389000cfffb6162"
        "6364"},
       {"Ethernet/IPv4/UDP 10.0.0.2>10.0.0.1 UDP 5000>5001 AB 1/46 BA 0/0 T 9029449920c9a6de L3T "
        "c969e6e17787c589 U 393e2d621a212944 U3 f6d4b06615fa4a3d"}},
      {"sctp init",
       1,
       {"02000000000202000000000108004500003400010000408466430a0000010a0000020f1c0f1d000000001ba0"
        "e1c30100001400000000000000000000000000000000"},
       {"Ethernet/IPv4/SCTP/SCTPInit 10.0.0.1>10.0.0.2 SCTP 3868>3869 AB 1/66 BA 0/0 T 661e85129e"
        "af83af L3T fca142f9d239f2dc U 86a5a3cfc27da3e U3 dad55da7efaf14ff"}},
      {"icmp4 unreachable",
       1,
       {"02000000000202000000000108004500003800010000400166c20a0000010a0000020301111b000000004500"
        "001c00010000401166ce0a0000010a000002000100020008ebd8"},
       {"Ethernet/IPv4/ICMPv4 10.0.0.1>10.0.0.2 DESTINATION_UNREACHABLE/1/0 AB 1/70 BA 0/0 T 4f9e"
        "d1951560391a L3T 5042027143310d2b U fd251dbd04c8bf69 U3 361976eb61246fb2"}},
      {"icmp6 echo",
       1,
       {"02000000000202000000000186dd6000000000083a40fd000000000000000000000000000001fd0000000000"
        "000000000000000000028000738312340001"},
       {"Ethernet/IPv6/ICMPv6/ICMPv6Echo fd00::1>fd00::2 ECHO/0/4660 AB 1/62 BA 0/0 T 91819557fc6"
        "ad1a2 L3T 8712596401e3413a U ee958530ef3f85f7 U3 cc411b5c82cd54fa"}},
      {"icmp6 ns",
       1,
       {"3333ff00000202000000000186dd6000000000183afffd000000000000000000000000000001ff0200000000"
        "000000000001ff000002870080a100000000fd000000000000000000000000000002"},
       {"Ethernet/IPv6/ICMPv6/ICMPv6NeighborSolicitation fd00::1>ff02::1:ff00:2 NEIGHBOR/0/0 AB 1"
        "/78 BA 0/0 T ec7adcee450fe9c3 L3T a82066ab22f38aa9 U 777f40973acb94cb U3 3beead268f13e9e"
        "6"}},
      {"icmp6 mldv2 hbh",
       1,
       {"33330000001602000000000186dd6000000000100040fe800000000000000000000000000001ff0200000000"
        "000000000000000000163a000502000001008f00732200000000"},
       {"Ethernet/IPv6/IPv6HopByHop/ICMPv6/MLDv2MulticastListenerReport fe80::1>ff02::16 UNKNOWN/"
        "0/0 AB 1/70 BA 0/0 T 1d37c50197716a1a L3T 60c5eebced3cf4c1 U 1b61882b6aa6078f U3 90c432f"
        "a0464d818"}},
      {"ipv6 frag",
       1,
       {"02000000000202000000000186dd6000000000182c40fd000000000000000000000000000001fd0000000000"
        "00000000000000000002110000010000000500000000000000000000000000000000"},
       {"Ethernet/IPv6/IPv6Fragment/Fragment fd00::1>fd00::2 AB 1/78 BA 0/0 T 5533485e74e2e1e1 L3"
        "T 15afd638fb556950 U efd223dccdbd8afc U3 2cd054c97fd317e7"}},
      {"ipv6 dstopt udp",
       1,
       {"02000000000202000000000186dd6000000000113c40fd000000000000000000000000000001fd0000000000"
        "0000000000000000000211000104000000000007000900098dc778"},
       {"Ethernet/IPv6/IPv6Destination/UDP fd00::1>fd00::2 UDP 7>9 AB 1/71 BA 0/0 T 695ea4efdc628"
        "fa0 L3T 1a5ddb8477575483 U bbd8a1fbcdd0ae43 U3 f483880aa66736d2"}},
      {"ipip",
       1,
       {"02000000000202000000000108004500003c00010000400466bb0a0000010a00000245000028000100004006"
        "f97bc0a80001c0a80002000100020000000000000000500220000e8c0000"},
       {"Ethernet/IPv4/IPv4/TCP 10.0.0.1>10.0.0.2 TCP 1>2 AB 1/74 BA 0/0 T c1f85d9baa31ce6c L3T b"
        "5f89883a8fab73b U a0bd5ae088ddc074 U3 b9beee931b1bfb3b"}},
      {"6in4",
       1,
       {"020000000002020000000001080045000045000100004029668d0a0000010a0000026000000000091140fd00"
        "0000000000000000000000000001fd0000000000000000000000000000020007000900098dc778"},
       {"Ethernet/IPv4/IPv6/UDP 10.0.0.1>10.0.0.2 UDP 7>9 AB 1/83 BA 0/0 T 34c39b8e7f79b88e L3T d"
        "db6223add131a4b U 52801d3a705e6803 U3 2abc816fe48c3fc3"}},
      {"4in6",
       1,
       {"02000000000202000000000186dd60000000001d0440fd000000000000000000000000000001fd0000000000"
        "000000000000000000024500001d00010000401166cd0a0000010a00000200070009000973c978"},
       {"Ethernet/IPv6/IPv4/UDP 10.0.0.1>10.0.0.2 UDP 7>9 AB 1/83 BA 0/0 T 695ea4efdc628fa0 L3T 1"
        "a5ddb8477575483 U bbd8a1fbcdd0ae43 U3 f483880aa66736d2"}},
      {"8021ad+8021q",
       1,
       {"02000000000202000000000188a800c88100006408004500001d00010000401166cd0a0000010a0000020007"
        "0009000973c978"},
       {"Ethernet/Dot1Q/Dot1Q/IPv4/UDP 10.0.0.1>10.0.0.2 link#409800 UDP 7>9 AB 1/51 BA 0/0 T 34c"
        "39b8e7f79b88e L3T ddb6223add131a4b U 52801d3a705e6803 U3 2abc816fe48c3fc3"}},
      {"pppoe sess",
       1,
       {"020000000002020000000001886411000005001e214500001d00010000401166cd0a0000010a000002000700"
        "09000973c978"},
       {"Ethernet/PPPoE/PPP/IPv4/UDP 10.0.0.1>10.0.0.2 UDP 7>9 AB 1/50 BA 0/0 T 34c39b8e7f79b88e "
        "L3T ddb6223add131a4b U 52801d3a705e6803 U3 2abc816fe48c3fc3"}},
      {"gre ip tcp x2",
       1,
       {"02000000000202000000000108004500004000010000402f668c0a0000010a00000200000800450000280001"
        "00004006f97bc0a80001c0a800020457005000000000000000005002200009e80000",
        "02000000000202000000000108004500004000010000402f668c0a0000010a00000200000800450000280001"
        "00004006f97bc0a80001c0a8000208ae005000000000000000005002200005910000"},
       {"Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 AB 1/78 BA 0/0 T 71bc373402d85483 L3T acad24b2876c7f"
        "c U dd82af45974f3a4 U3 a1272d1cb5dbd761",
        "IPv4/TCP 192.168.0.1>192.168.0.2 TCP 1111>80 AB 1/40 BA 0/0 T a5b072fa46d41a4 L3T a5b072"
        "fa46d41a4 U 6359ef6641ba0905 U3 908bc7d2383a8ebc",
        "Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 AB 1/78 BA 0/0 T eea35ab983b27b92 L3T 1c079cd74d3143"
        "19 U dc1810ed5a804273 U3 6f3542bc11ff297b",
        "IPv4/TCP 192.168.0.1>192.168.0.2 TCP 2222>80 AB 1/40 BA 0/0 T c6b64fbcb3ce8f18 L3T c6b64"
        "fbcb3ce8f18 U a132bd3e29c82b7a U3 bb61181321bdaadf"}},
      {"gre ip icmp",
       1,
       {"02000000000202000000000108004500003400010000402f66980a0000010a000002000008004500001c0001"
        "00004001f98cc0a80001c0a800020800f7f600090000"},
       {"Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 AB 1/66 BA 0/0 T ffb7762b25eb4a7e L3T 4f97c4652d0793"
        "5b U be35c9f7d8a615c9 U3 4cb500353f63d7e4",
        "IPv4/ICMPv4 192.168.0.1>192.168.0.2 ECHO/0/9 AB 1/28 BA 0/0 T 8c1e30df45ada199 L3T 8c1e3"
        "0df45ada199 U f29bbeaf93a80c17 U3 9e40e0c514bd056a"}},
      {"gre key teb udp",
       1,
       {"02000000000202000000000108004500004700010000402f66850a0000010a000002200065580000004d0200"
        "0000000b02000000000a08004500001d000100004011f97bc0a80001c0a80002000700090009067878"},
       {"Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 #77 AB 1/85 BA 0/0 T 34c39b8e7f79b88e L3T ddb6223add"
        "131a4b U 52801d3a705e6803 U3 2abc816fe48c3fc3",
        "Ethernet/IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/43 BA 0/0 T 9bd17e36aac04c4 L3T 1"
        "63ebd2b1b1339c8 U 88cd4d494444a6de U3 697146f6f0382570"}},
      {"gre ip6",
       1,
       {"02000000000202000000000108004500004900010000402f66830a0000010a000002000086dd600000000009"
        "1140fd000000000000000000000000000001fd0000000000000000000000000000020007000900098dc778"},
       {"Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 AB 1/87 BA 0/0 T 34c39b8e7f79b88e L3T ddb6223add131a"
        "4b U 52801d3a705e6803 U3 2abc816fe48c3fc3",
        "IPv6/UDP fd00::1>fd00::2 UDP 7>9 AB 1/9 BA 0/0 T 1a5ddb8477575483 L3T 1a5ddb8477575483 U"
        " b2156b358db50127 U3 6c921b6000487486"}},
      {"erspan2",
       1,
       {"02000000000202000000000108004500004f00010000402f667d0a0000010a000002100088be000000011001"
        "00010000000202000000000b02000000000a08004500001d000100004011f97bc0a80001c0a8000200070009"
        "0009067878"},
       {"Ethernet/IPv4/GRE 10.0.0.1>10.0.0.2 AB 1/93 BA 0/0 T 34c39b8e7f79b88e L3T ddb6223add131a"
        "4b U 52801d3a705e6803 U3 2abc816fe48c3fc3",
        "Ethernet/IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/51 BA 0/0 T 9bd17e36aac04c4 L3T 1"
        "63ebd2b1b1339c8 U 88cd4d494444a6de U3 697146f6f0382570"}},
      {"vxlan 4789",
       1,
       {"02000000000202000000000108004500004f000100004011669b0a0000010a0000029c4012b5003b7fd90800"
        "000000002a0002000000000b02000000000a08004500001d000100004011f97bc0a80001c0a8000200070009"
        "0009067878"},
       {"Ethernet/IPv4/UDP/VXLAN 10.0.0.1>10.0.0.2 #42 UDP 40000>4789 AB 1/93 BA 0/0 T 9f733ecb52"
        "126be8 L3T af8e22cc7258aa8a U ab052d93b8849405 U3 9d14e54fd69f62f",
        "Ethernet/IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/43 BA 0/0 T 9bd17e36aac04c4 L3T 1"
        "63ebd2b1b1339c8 U 374f09576a329e57 U3 e02d1eae4a4443b4"}},
      {"vxlan 8472",
       1,
       {"02000000000202000000000108004500004e000100004011669c0a0000010a0000029c402118003adbee0800"
        "000000002a0002000000000b02000000000a0806000108000604000102000000000a01010101000000000000"
        "01010102"},
       {"Ethernet/IPv4/UDP/VXLAN 10.0.0.1>10.0.0.2 #42 UDP 40000>8472 AB 1/92 BA 0/0 T a70d1efc4b"
        "c871a6 L3T 14e1b1c487be6ad5 U f466ea831c9838d1 U3 ee5dc6aa2ba826ca",
        "Ethernet/ARP AB 1/42 BA 0/0 T b0db9de546916443 L3T ef46db3751d8e999 U b86a15fe880493c0 U"
        "3 690fbdd0dd7a41d3"}},
      {"geneve",
       1,
       {"02000000000202000000000108004500004f000100004011669b0a0000010a0000029c4017c1003b1d750000"
        "655800002a0002000000000b02000000000a08004500001d000100004011f97bc0a80001c0a8000200070009"
        "0009067878"},
       {"Ethernet/IPv4/UDP/Geneve 10.0.0.1>10.0.0.2 #42 UDP 40000>6081 AB 1/93 BA 0/0 T b779be70c"
        "653ca68 L3T c4c2d8e7cb7b370c U 5b3681ad9c787fa9 U3 a5ca203267b97464",
        "Ethernet/IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/43 BA 0/0 T 9bd17e36aac04c4 L3T 1"
        "63ebd2b1b1339c8 U cec5732cf344fcb8 U3 be0e9e05b5c80e4e"}},
      {"mpls eth ip",
       1,
       {"0200000000020200000000018847000101404500001d000100004011f97bc0a80001c0a80002000700090009"
        "067878"},
       {"Ethernet/MPLS AB 1/47 BA 0/0 T 66c158da7cd0f127 L3T 163ebd2b1b1339c8 U f24c0002a04b3d54 "
        "U3 2caedf4477dc6be8",
        "IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/29 BA 0/0 T 163ebd2b1b1339c8 L3T 163ebd2b1"
        "b1339c8 U 8a6310e4602baf6c U3 3c13c65801613b81"}},
      {"gtpu",
       1,
       {"02000000000202000000000108004500004100010000401166a90a0000010a00000208680868002d2ab130ff"
        "001d000000634500001d000100004011f97bc0a80001c0a80002000700090009067878"},
       {"Ethernet/IPv4/UDP/GTPv1U/IPv4/UDP 10.0.0.1>10.0.0.2 UDP 2152>2152 AB 1/79 BA 0/0 T ebe12"
        "1f6c135d111 L3T e0ec06306616ba2f U 704687aade8cd2b3 U3 af2bab80e66226dc"}},
      {"esp",
       1,
       {"02000000000202000000000108004500002c000100004032669d0a0000010a00000200000001000000027a7a"
        "7a7a7a7a7a7a7a7a7a7a7a7a7a7a"},
       {"Ethernet/IPv4/IPSecESP 10.0.0.1>10.0.0.2 AB 1/58 BA 0/0 T ffb7762b25eb4a7e L3T 4f97c4652"
        "d07935b U be35c9f7d8a615c9 U3 4cb500353f63d7e4"}},
      {"udplite",
       1,
       {"02000000000202000000000108004500001d00010000408866560a0000010a000002000700090000000078"},
       {"Ethernet/IPv4/UDPLite 10.0.0.1>10.0.0.2 AB 1/43 BA 0/0 T 53ff61664c98e362 L3T 3676041302"
        "261c13 U e989ef3e2ce13b98 U3 b31f61ed5c4ecbf4"}},
      {"unknown ethertype",
       1,
       {"02000000000202000000000112346162636465666768"},
       {"Ethernet AB 1/22 BA 0/0 T 946a4ed520a15504 L3T ef46db3751d8e999 U 3062143f28b5244f U3 30"
        "62143f28b5244f"}},
      {"llc stp",
       1,
       {"0180c20000000200000000010026424203000000000080000200000000010000000080000200000000018001"
        "00001400020000000f000000000000000000"},
       {"Ethernet/LLC/STP AB 1/62 BA 0/0 T d988d96823d53197 L3T ef46db3751d8e999 U 95df4a54affbf6"
        "2f U3 95df4a54affbf62f"}},
      {"dns resp first",
       1,
       {"02000000000202000000000108004500005400010000401166960a0000010a000002003582350040a8b80001"
        "81000001000100000000076578616d706c6503636f6d0000010001076578616d706c6503636f6d0000010001"
        "00000000000401020304"},
       {"Ethernet/IPv4/UDP/DNS 10.0.0.1>10.0.0.2 UDP 53>33333 AB 1/98 BA 0/0 T efe730d1fb4b19e0 L"
        "3T 7ad078e028302adb U a8d3672b9f8d5a11 U3 af3968b04d013471"}},
      {"short arp padded",
       1,
       {"ffffffffffff0200000000010806000108000604000102000000000101010101000000000000010101020000"
        "00000000000000000000000000000000"},
       {"Ethernet/ARP AB 1/60 BA 0/0 T 80a8982345b23ef7 L3T ef46db3751d8e999 U 942b3fd7f91ad290 U"
        "3 942b3fd7f91ad290"}},
      {"same ip udp both",
       1,
       {"00000000000000000000000008004500001d0001000040117ccd7f0000017f00000103e807d00009952161",
        "00000000000000000000000008004500001d0001000040117ccd7f0000017f00000107d003e80009942162"},
       {"Ethernet/IPv4/UDP 127.0.0.1>127.0.0.1 UDP 1000>2000 AB 0/0 BA 2/86 T 3540a9faad13cb62 L3"
        "T 2c4a5d1c15021343 U eddb1d9d9ca8a3ce U3 157d41d323406aec"}},
      {"same ip udp both rev",
       1,
       {"00000000000000000000000008004500001d0001000040117ccd7f0000017f00000107d003e80009952161",
        "00000000000000000000000008004500001d0001000040117ccd7f0000017f00000103e807d00009942162"},
       {"Ethernet/IPv4/UDP 127.0.0.1>127.0.0.1 UDP 2000>1000 AB 1/43 BA 1/43 T 3540a9faad13cb62 L"
        "3T 2c4a5d1c15021343 U eddb1d9d9ca8a3ce U3 157d41d323406aec"}},
      {"same mac diff ip",
       1,
       {"02000000000102000000000108004500001d00010000401166cd0a0000020a00000100070009000973c978",
        "02000000000102000000000108004500001d00010000401166cd0a0000010a00000200090007000973c978"},
       {"Ethernet/IPv4/UDP 10.0.0.2>10.0.0.1 UDP 7>9 AB 1/43 BA 1/43 T 9f747018605301c L3T 942d3b"
        "9a41b79645 U 9e6bd468e9896dd1 U3 33af9a0207ae812c"}},
      {"raw ip6",
       101,
       {"6000000000091140fd000000000000000000000000000001fd00000000000000000000000000000200070009"
        "00098dc778"},
       {"IPv6/UDP fd00::1>fd00::2 UDP 7>9 AB 1/9 BA 0/0 T 1a5ddb8477575483 L3T 1a5ddb8477575483 U"
        " f483880aa66736d2 U3 f483880aa66736d2"}},
      {"sll",
       113,
       {"000002000006020000000001000008004500001d00010000401166cd0a0000010a00000200070009000973c9"
        "78"},
       {"/IPv4/UDP 10.0.0.1>10.0.0.2 UDP 7>9 AB 1/29 BA 0/0 T ddb6223add131a4b L3T ddb6223add131a"
        "4b U 2abc816fe48c3fc3 U3 2abc816fe48c3fc3"}},
      {"mpls inner eth",
       1,
       {"02000000000202000000000188470001014002000000000b02000000000a08004500001d000100004011f97b"
        "c0a80001c0a80002000700090009067878"},
       {"Ethernet/MPLS AB 1/61 BA 0/0 T 66c158da7cd0f127 L3T 163ebd2b1b1339c8 U f24c0002a04b3d54 "
        "U3 2caedf4477dc6be8",
        "Ethernet/IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/43 BA 0/0 T 9bd17e36aac04c4 L3T 1"
        "63ebd2b1b1339c8 U de539088d88e152b U3 3c13c65801613b81"}},
      {"gre mpls ip tcp",
       1,
       {"02000000000202000000000108004500004400010000402f66880a0000010a00000200008847000101404500"
        "0028000100004006f97bc0a80001c0a80002000700090000000000000000500220000e7f0000"},
       {"Ethernet/IPv4/GRE/MPLS 10.0.0.1>10.0.0.2 AB 1/82 BA 0/0 T 77aa437d0ed0cc26 L3T f09bc0f96"
        "c29dab U e26d334d88b9a575 U3 22cc34d336b9a205",
        "IPv4/TCP 192.168.0.1>192.168.0.2 TCP 7>9 AB 1/40 BA 0/0 T a101c21f45441311 L3T a101c21f4"
        "5441311 U 9f890e0beb442f70 U3 19a50b37fc505f78"}},
      {"tcp6 both",
       1,
       {"02000000000202000000000186dd6000000000140640fd000000000000000000000000000001fd0000000000"
        "0000000000000000000203e8005000000001000000005002200091a50000",
        "02000000000102000000000286dd6000000000140640fd000000000000000000000000000002fd0000000000"
        "00000000000000000001005003e8000000050000000250122000918f0000"},
       {"Ethernet/IPv6/TCP fd00::1>fd00::2 TCP 1000>80 AB 1/74 BA 1/74 T 574eccfba02a1279 L3T c1b"
        "f422c4204b23d U 7679f4a2ade849c6 U3 37610d54cd6d87c"}},
      {"vxlan over ip6",
       1,
       {"02000000000202000000000186dd60000000004e1140fd000000000000000000000000000001fd0000000000"
        "000000000000000000029c4012b5004eff5e0800000000002a0002000000000b02000000000a86dd60000000"
        "00083a40fd010000000000000000000000000001fd010000000000000000000000000002800085b300030000"},
       {"Ethernet/IPv6/UDP/VXLAN fd00::1>fd00::2 #42 UDP 40000>4789 AB 1/132 BA 0/0 T 9663cfade37"
        "07a1f L3T c6a8c6c0e86b1d02 U 27325523e271fc85 U3 53289705d82f1fe",
        "Ethernet/IPv6/ICMPv6/ICMPv6Echo fd01::1>fd01::2 ECHO/0/3 AB 1/62 BA 0/0 T e57169a2ad48d8"
        "66 L3T 886d897f93a4a961 U e867166ba5f8be75 U3 419bebc8140ce9ab"}},
      {"gre over ip6",
       1,
       {"02000000000202000000000186dd6000000000212f40fd000000000000000000000000000001fd0000000000"
        "00000000000000000002000008004500001d000100004011f97bc0a80001c0a80002000700090009067878"},
       {"Ethernet/IPv6/GRE fd00::1>fd00::2 AB 1/87 BA 0/0 T 695ea4efdc628fa0 L3T 1a5ddb8477575483"
        " U bbd8a1fbcdd0ae43 U3 f483880aa66736d2",
        "IPv4/UDP 192.168.0.1>192.168.0.2 UDP 7>9 AB 1/29 BA 0/0 T 163ebd2b1b1339c8 L3T 163ebd2b1"
        "b1339c8 U a0a044fd80301945 U3 cef8ab6217ed546d"}},
      {"vxlan reply other dir",
       1,
       {"02000000000202000000000108004500004e000100004011669c0a0000010a0000029c4012b5003afe6c0800"
        "000000002a0002000000000b02000000000a08004500001c000100004001f98cc0a80001c0a800020800f7fe"
        "00010000",
        "02000000000102000000000208004500004e000100004011669c0a0000020a000001c35012b5003ad75c0800"
        "000000002a0002000000000a02000000000b08004500001c000100004001f98cc0a80002c0a800010000fffe"
        "00010000"},
       {"Ethernet/IPv4/UDP/VXLAN 10.0.0.1>10.0.0.2 #42 UDP 40000>4789 AB 1/92 BA 1/92 T 9f733ecb5"
        "2126be8 L3T af8e22cc7258aa8a U ab052d93b8849405 U3 9d14e54fd69f62f",
        "Ethernet/IPv4/ICMPv4 192.168.0.1>192.168.0.2 ECHO/0/1 AB 1/42 BA 1/42 T 51c5fa066e2f88f7"
        " L3T c5e19a645410d1d1 U bffee5c8d625254b U3 c0096be47815d25e"}},
      {"mpls ip unknown proto",
       1,
       {"020000000002020000000001884700010140450000280001000040c8f8b9c0a80001c0a80002303132333435"
        "3637383961626364656630313233"},
       {"Ethernet/MPLS AB 1/58 BA 0/0 T 4536b823245e857b L3T fd17e68337267c6b U 2d28721b867c8a44 "
        "U3 c09def5887996e4a",
        "IPv4/Ethernet 192.168.0.1>192.168.0.2 AB 1/40 BA 0/0 T 5ff2a1070c55801b L3T fd17e6833726"
        "7c6b U 1ec35a18a5ec48e5 U3 d6a900665b40bdf6"}},
      {"trunc ip hdr",
       1,
       {"020000000002020000000001080045000014"},
       {"Ethernet/IPv4 <nil>><nil> AB 1/18 BA 0/0 T 5574f0ca9dbc1df9 L3T 9f1ffc793b8a47da U d7cab"
        "71d02def22e U3 70e062eaa1ec110d"}},
  };
  return vectors;
}

std::vector<uint8_t> Bytes(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(uint8_t(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string Hex(uint64_t value) {
  std::string text;
  AppendHex(text, value);
  return text;
}

std::string Text(const Address& address) {
  std::string text;
  AppendAddress(text, layers::Cursor(address.bytes, address.size));
  return text;
}

// The flow in the vectors' notation, without its UUIDs.
std::string Describe(const Table& table, uint32_t place) {
  const Cold& cold = table.cold(place);
  std::string text = table.name(place).path;
  if (cold.has_network) text += " " + Text(cold.ip_a) + ">" + Text(cold.ip_b);
  if (cold.network_id != 0) text += " #" + std::to_string(cold.network_id);
  if (cold.link_id != 0) text += " link#" + std::to_string(cold.link_id);
  if (cold.has_transport) {
    text += " " + std::string(NameOf(cold.transport_protocol)) + " " + std::to_string(cold.port_a) + ">" +
            std::to_string(cold.port_b);
  }
  if (cold.has_icmp) {
    text += " " + std::string(NameOf(cold.icmp_type)) + "/" + std::to_string(cold.icmp_code) + "/" +
            std::to_string(cold.icmp_id);
  }
  const Counters counters = table.Total(place).counters;
  text += " AB " + std::to_string(counters.ab_packets) + "/" + std::to_string(counters.ab_bytes) + " BA " +
          std::to_string(counters.ba_packets) + "/" + std::to_string(counters.ba_bytes);
  return text + " T " + Hex(cold.l2_key) + " L3T " + Hex(cold.l3_key) + " U " + Hex(cold.uuid);
}

std::vector<std::string> FlowsOf(const Vector& vector, LayerKeyMode mode, bool uuid_only) {
  const layers::UdpPorts ports;
  Options options;
  options.mode = mode;
  Table table(options, ports);
  int64_t time_ns = 1500000000000000000;
  for (const std::string& frame : vector.frames) {
    const std::vector<uint8_t> bytes = Bytes(frame);
    Packet packet{layers::Cursor(bytes.data(), bytes.size()), time_ns, uint32_t(bytes.size()), 0,
                  layers::FirstOfLinkType(vector.link_type)};
    table.Process({&packet, 1});
    time_ns += 1000000;
  }
  std::vector<std::string> flows;
  std::vector<uint32_t> places = table.Places();
  std::sort(places.begin(), places.end());  // in the order of their creation
  for (const uint32_t place : places) {
    flows.push_back(uuid_only ? " U3 " + Hex(table.cold(place).uuid) : Describe(table, place));
  }
  return flows;
}

class Conformance : public testing::TestWithParam<Vector> {};

TEST_P(Conformance, GivesTheFlowsOfTheOriginal) {
  std::vector<std::string> flows = FlowsOf(GetParam(), LayerKeyMode::kL2, false);
  const std::vector<std::string> uuids = FlowsOf(GetParam(), LayerKeyMode::kL3, true);
  ASSERT_EQ(flows.size(), uuids.size());
  for (size_t i = 0; i < flows.size(); ++i) flows[i] += uuids[i];
  EXPECT_EQ(flows, GetParam().flows) << GetParam().name;
}

// Found by fuzzing: a cut header was read beyond its end. Each cut is a block of memory of its own, so that
// the sanitizers see any such read.
TEST_P(Conformance, CutAnywhereIsReadTheSameWayAloneAndInBatches) {
  const std::vector<uint8_t> frame = Bytes(GetParam().frames[0]);
  for (size_t size = 0; size <= frame.size(); ++size) {
    const std::vector<uint8_t> cut(frame.begin(), frame.begin() + ptrdiff_t(size));
    const Packet packet{layers::Cursor(cut.data(), cut.size()), 1500000000000000000, uint32_t(frame.size()),
                        0, layers::FirstOfLinkType(GetParam().link_type)};
    const auto counted = [&packet](size_t batch) {
      const layers::UdpPorts ports;
      Options options;
      options.defragment = options.reassemble_tcp = options.tcp_metric = true;
      options.extra_layers = 7;
      Table table(options, ports);
      const std::vector<Packet> packets(4, packet);
      for (size_t at = 0; at < packets.size(); at += batch)
        table.Process(std::span(packets).subspan(at, batch));
      std::vector<std::string> flows;
      for (const uint32_t place : table.Places()) {
        flows.emplace_back();
        EncodeJson(table, place, flows.back());
      }
      return flows;
    };
    EXPECT_EQ(counted(4), counted(1)) << GetParam().name << " cut to " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, Conformance, testing::ValuesIn(Vectors()));

}  // namespace
}  // namespace skydive::flow
