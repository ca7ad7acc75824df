// SPDX-License-Identifier: Apache-2.0
#include "flow/table.h"

#include <algorithm>
#include <cstring>

#include "flow/measure.h"
#include "layers/decode.h"

namespace skydive::flow {
namespace {

using layers::Layer;
using layers::LayerType;

// Packets that may start or end the measuring of a round trip or of a connection.
bool IsTimed(const Piece& piece) {
  if (piece.icmpv4 != nullptr) return piece.icmpv4->data[0] == 8 || piece.icmpv4->data[0] == 0;
  if (piece.icmpv6 != nullptr) return piece.icmpv6->data[0] == 128 || piece.icmpv6->data[0] == 129;
  constexpr uint8_t kFinSynRst = 7;
  return piece.tcp != nullptr && piece.tcp->readable && (piece.tcp->data[13] & kFinSynRst) != 0;
}

}  // namespace

Table::Table(Options options, const layers::UdpPorts& ports)
    : options_(std::move(options)), stack_(ports), assembler_(*this) {}

void Table::Process(std::span<const Packet> packets) {
  packets_ += packets.size();
  for (; packets.size() > kBatch; packets = packets.subspan(kBatch)) ProcessBatch(packets.first(kBatch));
  ProcessBatch(packets);
}

// Looking up is what costs, so the memory of a whole batch is asked for before it is needed.
void Table::ProcessBatch(std::span<const Packet> packets) {
  Ticket tickets[kBatch];
  constexpr size_t kAhead = 4;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (i + kAhead < packets.size()) __builtin_prefetch(packets[i + kAhead].data.data());
    Prepare(packets[i], tickets[i]);
  }
  for (size_t i = 0; i < packets.size(); ++i) {
    if (!tickets[i].quick) continue;
    tickets[i].place = index_.Guess(tickets[i].hash);
    if (tickets[i].place != HashIndex::kNotFound) __builtin_prefetch(&hot_[tickets[i].place], 1);
  }
  for (size_t i = 0; i < packets.size(); ++i) {
    if (!ProcessQuick(packets[i], tickets[i])) ProcessWhole(packets[i]);
  }
}

void Table::Prepare(const Packet& packet, Ticket& ticket) {
  ticket.quick = false;
  if (options_.raw_packet_limit != 0) return;
  stack_.Clear();
  layers::Decode(stack_, packet.first, packet.data);
  pieces_.Cut(stack_, packet);
  if (pieces_.all().size() != 1) return;
  const Piece& piece = pieces_.all()[0];
  if (IsTimed(piece)) return;
  if (options_.defragment && piece.ipv4 != nullptr) {
    // Do not fragment unset, and more fragments or an offset set.
    if (!piece.ipv4->readable) return;
    const uint16_t flags = layers::Cursor(piece.ipv4->data, 8).U16(6);
    if ((flags & 0x3fff) != 0) return;
  }
  if (options_.reassemble_tcp && piece.tcp != nullptr) return;
  if (piece.dns != nullptr && (options_.extra_layers & kExtraDns) != 0) return;
  const Key key(piece, options_.mode);
  ticket.quick = true;
  ticket.hash = key.Hash(options_.hash_seed, false, 0);
  ticket.swapped = key.swapped();
  ticket.bytes = CountedBytes(piece, options_.mode);
  ticket.direction_flags = Hot::kLinkDirected;
  if (piece.network != nullptr && piece.network == piece.Network())
    ticket.direction_flags |= Hot::kNetworkDirected;
  index_.Prefetch(ticket.hash);
}

// Counts a packet of a known flow whose direction the key tells. False when there is more to it.
bool Table::ProcessQuick(const Packet& packet, const Ticket& ticket) {
  if (!ticket.quick || ticket.place == HashIndex::kNotFound) return false;
  Hot& hot = hot_[ticket.place];
  // The place may have changed hands since the guess.
  if (hot.hash != ticket.hash || (hot.flags & Hot::kUsed) == 0 || (hot.flags & ticket.direction_flags) == 0)
    return false;
  const bool ab = ticket.swapped == ((hot.flags & Hot::kSwapped) != 0);
  Add(hot.counters, ab, ticket.bytes);
  Touch(ticket.place, MillisOf(packet.time_ns));
  return true;
}

void Table::Touch(uint32_t place, int64_t now_ms) {
  Hot& hot = hot_[place];
  // Time that goes backwards makes a flow due earlier than its timer says.
  if (now_ms < hot.last_ms) [[unlikely]]
    expiry_.Arm(place, now_ms);
  hot.last_ms = now_ms;
  hot.touch = ++touch_;
  if (hot.epoch != epoch_) {
    hot.epoch = epoch_;
    touched_.push_back(place);
  }
}

void Table::ProcessWhole(const Packet& packet) {
  stack_.Clear();
  layers::Decode(stack_, packet.first, packet.data);
  Defragmenter::Result defragmented;
  if (options_.defragment) {
    defragmented = defragmenter_.Add(stack_, packet.time_ns);
    if (defragmented.outcome == Defragmenter::Outcome::kWaiting) return;
    if (defragmented.outcome == Defragmenter::Outcome::kRebuilt) {
      layers::DecodeMore(stack_, layers::OfIpProtocol(defragmented.protocol), defragmented.payload);
    }
  }
  pieces_.Cut(stack_, packet);
  bool has_parent = false;
  uint64_t parent = 0;
  for (const Piece& piece : pieces_.all()) {
    parent = ProcessPiece(packet, piece, has_parent, parent,
                          defragmented.has_metric ? &defragmented.metric : nullptr);
    has_parent = true;
  }
}

uint64_t Table::ProcessPiece(const Packet& packet, const Piece& piece, bool has_parent, uint64_t parent,
                             const IpMetric* ip_metric) {
  const Key key(piece, options_.mode);
  const uint64_t hash = key.Hash(options_.hash_seed, has_parent, parent);
  uint32_t place = index_.Find(hash, [this, hash](uint32_t at) { return hot_[at].hash == hash; });
  const bool created = place == HashIndex::kNotFound;
  if (created) place = Create(packet, piece, key, hash, has_parent, parent, ip_metric);
  Hot& hot = hot_[place];
  Cold& cold = cold_[place];
  if (options_.reassemble_tcp && stack_.transport != layers::Stack::kAbsent &&
      stack_.network != layers::Stack::kAbsent) {
    const Layer& transport = stack_.layers[stack_.transport];
    const Layer& network = stack_.layers[stack_.network];
    if (transport.type == LayerType::kTcp) {
      if (created) assembler_.Register(network, transport, {place, cold.generation});
      assembler_.Assemble(network, transport, packet.time_ns);
    }
  }
  Touch(place, MillisOf(packet.time_ns));
  Count(hot, cold, piece, options_.mode);
  MeasureRoundTrip(cold, piece, packet.time_ns);
  MeasureTcp(cold, piece, packet.time_ns);
  if (piece.dns != nullptr && (options_.extra_layers & kExtraDns) != 0) KeepExtraLayers(cold, packet, piece);
  if (options_.raw_packet_limit != 0) KeepRawPacket(cold, packet, piece);
  return cold.uuid;
}

uint32_t Table::Create(const Packet& packet, const Piece& piece, const Key& key, uint64_t hash,
                       bool has_parent, uint64_t parent, const IpMetric* ip_metric) {
  const uint32_t place = TakePlace();
  Hot& hot = hot_[place];
  Cold& cold = cold_[place];
  hot = {};
  hot.hash = hash;
  hot.last_ms = MillisOf(packet.time_ns);
  hot.flags = Hot::kUsed;
  if (key.swapped()) hot.flags |= Hot::kSwapped;
  if (key.directed()) {
    const bool by_link = key.has_link() && options_.mode == LayerKeyMode::kL2 && piece.ethernet->readable &&
                         std::memcmp(piece.ethernet->data, piece.ethernet->data + 6, 6) != 0;
    if (by_link) {
      hot.flags |= Hot::kLinkDirected;
    } else if (piece.network != nullptr && piece.network == piece.Network()) {
      hot.flags |= Hot::kNetworkDirected;
    }
  }
  FillFlow(cold, piece, key.Compute(has_parent, parent), packet.time_ns, ip_metric, options_);
  cold.has_parent = has_parent;
  cold.parent = parent;
  cold.name = names_.Take(piece.layers, ApplicationOfPorts(cold, options_));
  Name& name = names_[cold.name];
  if (name.users == 1) {
    const auto timeout = options_.application_timeouts_ms.find(name.application);
    name.timeout_ms = timeout == options_.application_timeouts_ms.end() ? 0 : timeout->second;
  }
  index_.Insert(hash, place);
  ++count_;
  expiry_.Arm(place, hot.last_ms);
  ArmTimeout(place);
  return place;
}

void Table::KeepExtraLayers(Cold& cold, const Packet& packet, const Piece& piece) {
  Extension& extension = cold.Extend();
  const layers::Cursor message = piece.dns->Header();
  extension.dns.assign(message.data(), message.data() + message.size());
  extension.dns_time_ns = packet.time_ns;
}

void Table::KeepRawPacket(Cold& cold, const Packet& packet, const Piece& piece) {
  constexpr uint32_t kLinkEthernet = 1;
  constexpr uint32_t kLinkIpv4 = 228;
  constexpr uint32_t kLinkIpv6 = 229;
  const int64_t captured = cold.extension ? cold.extension->raw_packets_captured : 0;
  if (captured >= options_.raw_packet_limit) return;
  Extension& extension = cold.Extend();
  uint32_t link_type = 0;
  if (cold.has_link) {
    link_type = kLinkEthernet;
  } else if (cold.has_network) {
    link_type = cold.network_protocol == Protocol::kIpv4 ? kLinkIpv4 : kLinkIpv6;
  }
  extension.raw_packets.push_back(
      {MillisOf(packet.time_ns), ++extension.raw_packets_captured, link_type,
       std::vector<uint8_t>(piece.data.data(), piece.data.data() + piece.data.size())});
}

void Table::StreamComplete(FlowHandle flow, const StreamEnds& ends, const TcpMetric::Stream& stream) {
  if (!Used(flow.place) || cold_[flow.place].generation != flow.generation) return;
  Cold& cold = cold_[flow.place];
  Extension& extension = cold.Extend();
  if (!extension.tcp) extension.tcp = std::make_unique<TcpMetric>();
  const bool from_a = cold.has_network && cold.has_transport && cold.port_a == ends.source_port &&
                      cold.ip_a.size == ends.source.size &&
                      std::memcmp(cold.ip_a.bytes, ends.source.bytes, sizeof cold.ip_a.bytes) == 0;
  TcpMetric::Stream& side = from_a ? extension.tcp->ab : extension.tcp->ba;
  // What a stream saw is never unseen.
  const TcpMetric::Stream before = side;
  side = stream;
  side.saw_start |= before.saw_start;
  side.saw_end |= before.saw_end;
}

Metric Table::Total(uint32_t place) const {
  const Hot& hot = hot_[place];
  const Cold& cold = cold_[place];
  return {hot.counters, cold.start_ms, hot.last_ms, cold.rtt_ns};
}

bool Table::LastUpdate(uint32_t place, Metric& metric) const {
  const Cold& cold = cold_[place];
  if (cold.updates == 0) return false;
  if (cold.whole) {
    metric = Total(place);
    return true;
  }
  const Period& period = periods_[place];
  if (cold.updates < updates_) {
    metric = {{}, previous_update_ms_, last_update_ms_, period.rtt_ns};
  } else {
    metric = {period.change, period.start_ms, period.end_ms, period.rtt_ns};
  }
  return true;
}

TableStats Table::stats() const {
  return {packets_, count_, evicted_, defragmenter_.dropped(), assembler_.dropped()};
}

size_t Table::MemoryUse() const {
  return sizeof(Table) + index_.MemoryUse() + hot_.MemoryUse() + cold_.MemoryUse() + periods_.MemoryUse() +
         expiry_.MemoryUse() + timeouts_.MemoryUse() +
         (free_.capacity() + touched_.capacity() + sent_.capacity()) * sizeof(uint32_t);
}

}  // namespace skydive::flow
