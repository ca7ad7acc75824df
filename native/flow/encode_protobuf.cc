// SPDX-License-Identifier: Apache-2.0
#include "flow/dns_contents.h"
#include "flow/encode.h"
#include "flow/flat_bytes.h"
#include "flow/protobuf_writer.h"
#include "flow/text.h"

namespace skydive::flow {
namespace {

using layers::Cursor;

template <typename Writer>
void WriteLink(Writer& writer, const Cold& cold) {
  writer.Message(20, [&] {
    if (cold.link_readable) {
      writer.Message(3, [&] { AppendMac(writer.out(), cold.mac_a); });
      writer.Message(4, [&] { AppendMac(writer.out(), cold.mac_b); });
    }
    writer.Varint(5, uint64_t(cold.link_id));
  });
}

template <typename Writer>
void WriteNetwork(Writer& writer, const Cold& cold) {
  writer.Message(21, [&] {
    writer.Varint(1, uint64_t(cold.network_protocol));
    writer.Message(3, [&] { AppendAddress(writer.out(), Cursor(cold.ip_a.bytes, cold.ip_a.size)); });
    writer.Message(4, [&] { AppendAddress(writer.out(), Cursor(cold.ip_b.bytes, cold.ip_b.size)); });
    writer.Varint(5, uint64_t(cold.network_id));
  });
}

template <typename Writer>
void WriteMetric(Writer& writer, uint32_t field, const Metric& metric) {
  writer.Message(field, [&] {
    writer.Varint(2, uint64_t(metric.counters.ab_packets));
    writer.Varint(3, uint64_t(metric.counters.ab_bytes));
    writer.Varint(4, uint64_t(metric.counters.ba_packets));
    writer.Varint(5, uint64_t(metric.counters.ba_bytes));
    writer.Varint(6, uint64_t(metric.start_ms));
    writer.Varint(7, uint64_t(metric.last_ms));
    writer.Varint(8, uint64_t(metric.rtt_ns));
  });
}

// Each pair of fields is A's and B's.
void WriteTcpMetric(ProtobufWriter& writer, const TcpMetric& tcp) {
  writer.Message(38, [&] {
    writer.Varint(1, uint64_t(tcp.ab_syn_start));
    writer.Varint(2, uint64_t(tcp.ba_syn_start));
    writer.Varint(3, tcp.ab_syn_ttl);
    writer.Varint(4, tcp.ba_syn_ttl);
    writer.Varint(5, uint64_t(tcp.ab_fin_start));
    writer.Varint(6, uint64_t(tcp.ba_fin_start));
    writer.Varint(7, uint64_t(tcp.ab_rst_start));
    writer.Varint(8, uint64_t(tcp.ba_rst_start));
    uint32_t field = 9;
    for (const TcpMetric::Stream& stream : {tcp.ab, tcp.ba}) {
      for (const int64_t value : {stream.out_of_order, stream.skipped, stream.skipped_bytes, stream.packets,
                                  stream.bytes, stream.saw_start, stream.saw_end}) {
        writer.Varint(field++, uint64_t(value));
      }
    }
  });
}

void WriteRawPacket(ProtobufWriter& writer, const RawPacket& packet) {
  writer.Message(36, [&] {
    writer.Varint(1, uint64_t(packet.time_ms));
    writer.Varint(2, uint64_t(packet.index));
    writer.Bytes(3, {reinterpret_cast<const char*>(packet.data.data()), packet.data.size()});
    writer.Varint(4, packet.link_type);
  });
}

void WriteDhcpv4(ProtobufWriter& writer, Cursor message) {
  writer.Message(1000, [&] {
    writer.Varint(3, message.U8(2));
    writer.Varint(4, message.U8(3));
    writer.Varint(6, message.U16(8));
    writer.Varint(7, message.U16(10));
    writer.Bytes(8,
                 {reinterpret_cast<const char*>(message.From(44).data()), message.From(44).First(64).size()});
    writer.Bytes(
        9, {reinterpret_cast<const char*>(message.From(108).data()), message.From(108).First(128).size()});
  });
}

void WriteVrrp(ProtobufWriter& writer, Cursor message) {
  writer.Message(1002, [&] {
    writer.Varint(3, message.U8(0) >> 4);
    writer.Varint(4, message.U8(1));
    writer.Varint(5, message.U8(2));
    writer.Varint(7, message.U8(5));
  });
}

void WriteRecord(ProtobufWriter& writer, uint32_t field, const DnsContents::Record& record) {
  writer.Message(field, [&] {
    writer.Bytes(1, record.name);
    writer.Bytes(2, record.type);
    writer.Bytes(3, record.record_class);
    writer.Varint(4, record.ttl);
    writer.Varint(5, record.length);
    writer.Bytes(6, record.ip);
    writer.Bytes(7, record.ns);
    writer.Bytes(8, record.cname);
    writer.Bytes(9, record.ptr);
    for (const std::string& text : record.txts) writer.Element(10, text);
    if (record.soa) {
      writer.Message(11, [&] {
        writer.Bytes(1, record.soa->primary);
        writer.Bytes(2, record.soa->mailbox);
        writer.Varint(3, record.soa->serial);
        writer.Varint(4, record.soa->refresh);
        writer.Varint(5, record.soa->retry);
        writer.Varint(6, record.soa->expire);
        writer.Varint(7, record.soa->minimum);
      });
    }
    if (record.srv) {
      writer.Message(12, [&] {
        writer.Varint(1, record.srv->priority);
        writer.Varint(2, record.srv->weight);
        writer.Varint(3, record.srv->port);
        writer.Bytes(4, record.srv->name);
      });
    }
    if (record.mx) {
      writer.Message(13, [&] {
        writer.Varint(1, record.mx->preference);
        writer.Bytes(2, record.mx->name);
      });
    }
    for (const DnsContents::Opt& opt : record.opts) {
      writer.Message(14, [&] {
        writer.Bytes(1, opt.code);
        writer.Bytes(2, opt.data);
      });
    }
  });
}

void WriteDns(ProtobufWriter& writer, const Extension& extension) {
  const DnsContents dns(Cursor(extension.dns.data(), extension.dns.size()));
  writer.Message(1001, [&] {
    writer.Varint(1, dns.id);
    writer.Varint(2, dns.response);
    writer.Bytes(3, dns.op_code);
    writer.Varint(4, dns.authoritative);
    writer.Varint(5, dns.truncated);
    writer.Varint(6, dns.recursion_desired);
    writer.Varint(7, dns.recursion_available);
    writer.Varint(8, dns.z);
    writer.Bytes(9, dns.response_code);
    writer.Varint(10, dns.question_count);
    writer.Varint(11, dns.answer_count);
    writer.Varint(12, dns.authority_count);
    writer.Varint(13, dns.additional_count);
    for (const DnsContents::Question& question : dns.questions) {
      writer.Message(14, [&] {
        writer.Bytes(1, question.name);
        writer.Bytes(2, question.type);
        writer.Bytes(3, question.record_class);
      });
    }
    for (const DnsContents::Record& record : dns.answers) WriteRecord(writer, 15, record);
    for (const DnsContents::Record& record : dns.authorities) WriteRecord(writer, 16, record);
    for (const DnsContents::Record& record : dns.additionals) WriteRecord(writer, 17, record);
    writer.Message(18, [&] {
      writer.Varint(1, uint64_t(extension.dns_time_ns / 1000000000));
      writer.Varint(2, uint64_t(extension.dns_time_ns % 1000000000));
    });
  });
}

// What lies between the members that few flows have.
template <typename Out>
void WriteUntilPackets(const Table& table, uint32_t place, Out& out) {
  const Hot& hot = table.hot(place);
  const Cold& cold = table.cold(place);
  const Name& name = table.name(place);
  BasicProtobufWriter<Out> writer(out);
  writer.Message(1, [&] { AppendHex(out, cold.uuid); });
  writer.Bytes(2, name.path);
  writer.Bytes(3, name.application);
  if (cold.has_parent) writer.Message(6, [&] { AppendHex(out, cold.parent); });
  writer.Varint(10, uint64_t(cold.start_ms));
  writer.Varint(11, uint64_t(hot.last_ms));
  if (cold.has_link) WriteLink(writer, cold);
  if (cold.has_network) WriteNetwork(writer, cold);
  if (cold.has_transport) {
    writer.Message(22, [&] {
      writer.Varint(1, uint64_t(cold.transport_protocol));
      writer.Varint(2, cold.port_a);
      writer.Varint(3, cold.port_b);
    });
  }
  if (cold.has_icmp) {
    writer.Message(23, [&] {
      writer.Varint(1, uint64_t(cold.icmp_type));
      writer.Varint(2, cold.icmp_code);
      writer.Varint(3, cold.icmp_id);
    });
  }
  Metric last;
  if (table.LastUpdate(place, last)) WriteMetric(writer, 31, last);
  WriteMetric(writer, 32, table.Total(place));
  writer.Bytes(33, table.options().node_tid);
  writer.Bytes(34, table.options().capture_id);
}

template <typename Out>
void WriteAfterPackets(const Cold& cold, Out& out) {
  BasicProtobufWriter<Out> writer(out);
  if (cold.has_ip_metric) {
    writer.Message(39, [&] {
      writer.Varint(1, cold.fragments);
      writer.Varint(2, cold.fragment_errors);
    });
  }
  writer.Message(50, [&] { AppendHex(out, cold.l2_key); });
  writer.Message(51, [&] { AppendHex(out, cold.l3_key); });
  writer.Varint(60, uint64_t(cold.finish));
}

// Room for a flow without its texts: every member that has a bounded length, and then some.
constexpr size_t kBoundedBytes = 640;
constexpr size_t kFlatBytes = 4096;

bool FitsFlat(const Table& table, uint32_t place) {
  const Name& name = table.name(place);
  const Options& options = table.options();
  return table.cold(place).extension == nullptr &&
         name.path.size() + name.application.size() + options.node_tid.size() + options.capture_id.size() <=
             kFlatBytes - kBoundedBytes;
}

std::string_view EncodeFlat(const Table& table, uint32_t place, char* room) {
  FlatBytes bytes(room);
  WriteUntilPackets(table, place, bytes);
  WriteAfterPackets(table.cold(place), bytes);
  return bytes.view();
}

}  // namespace

void EncodeProtobuf(const Table& table, uint32_t place, std::string& out) {
  if (FitsFlat(table, place)) {
    char room[kFlatBytes];
    out += EncodeFlat(table, place, room);
    return;
  }
  const Cold& cold = table.cold(place);
  const Extension* extension = cold.extension.get();
  WriteUntilPackets(table, place, out);
  ProtobufWriter writer(out);
  if (extension != nullptr) {
    for (const RawPacket& packet : extension->raw_packets) WriteRawPacket(writer, packet);
    writer.Varint(37, uint64_t(extension->raw_packets_captured));
    if (extension->tcp) WriteTcpMetric(writer, *extension->tcp);
  }
  WriteAfterPackets(cold, out);
  if (extension == nullptr) return;
  if (!extension->dhcpv4.empty())
    WriteDhcpv4(writer, Cursor(extension->dhcpv4.data(), extension->dhcpv4.size()));
  if (!extension->dns.empty()) WriteDns(writer, *extension);
  if (!extension->vrrp.empty()) WriteVrrp(writer, Cursor(extension->vrrp.data(), extension->vrrp.size()));
}

void EncodeMessage(const Table& table, std::span<const uint32_t> places, std::string& out) {
  ProtobufWriter writer(out);
  for (const uint32_t place : places) {
    if (FitsFlat(table, place)) {
      char room[kFlatBytes];
      writer.Element(1, EncodeFlat(table, place, room));
    } else {
      writer.LongMessage(1, [&] { EncodeProtobuf(table, place, out); });
    }
  }
}

}  // namespace skydive::flow
