// SPDX-License-Identifier: Apache-2.0
#include "flow/dns_contents.h"
#include "flow/encode.h"
#include "flow/json_writer.h"

namespace skydive::flow {
namespace {

using layers::Cursor;

template <typename Append>
std::string Spell(Append append) {
  std::string text;
  append(text);
  return text;
}

std::string AddressText(const Address& address) {
  return Spell([&](std::string& text) { AppendAddress(text, Cursor(address.bytes, address.size)); });
}

std::string HexText(uint64_t value) {
  return Spell([&](std::string& text) { AppendHex(text, value); });
}

void WriteLink(JsonWriter& writer, const Cold& cold) {
  writer.Key("Link");
  writer.Object([&] {
    writer.Text("Protocol", NameOf(Protocol::kEthernet));
    if (cold.link_readable) {
      writer.Text("A", Spell([&](std::string& text) { AppendMac(text, cold.mac_a); }));
      writer.Text("B", Spell([&](std::string& text) { AppendMac(text, cold.mac_b); }));
    }
    writer.Number("ID", cold.link_id);
  });
}

void WriteNetwork(JsonWriter& writer, const Cold& cold) {
  writer.Key("Network");
  writer.Object([&] {
    writer.Text("Protocol", NameOf(cold.network_protocol));
    writer.Text("A", AddressText(cold.ip_a));
    writer.Text("B", AddressText(cold.ip_b));
    writer.Number("ID", cold.network_id);
  });
}

void WriteTransport(JsonWriter& writer, const Cold& cold) {
  writer.Key("Transport");
  writer.Object([&] {
    writer.Text("Protocol", NameOf(cold.transport_protocol));
    writer.Number("A", cold.port_a);
    writer.Number("B", cold.port_b);
    writer.Number("ID", 0);
  });
}

void WriteIcmp(JsonWriter& writer, const Cold& cold) {
  writer.Key("ICMP");
  writer.Object([&] {
    writer.Text("Type", NameOf(cold.icmp_type));
    writer.NumberUnlessZero("Code", cold.icmp_code);
    writer.NumberUnlessZero("ID", cold.icmp_id);
  });
}

void WriteMetric(JsonWriter& writer, std::string_view key, const Metric& metric) {
  writer.Key(key);
  writer.Object([&] {
    writer.Number("ABPackets", metric.counters.ab_packets);
    writer.Number("ABBytes", metric.counters.ab_bytes);
    writer.Number("BAPackets", metric.counters.ba_packets);
    writer.Number("BABytes", metric.counters.ba_bytes);
    writer.Number("Start", metric.start_ms);
    writer.Number("Last", metric.last_ms);
    writer.NumberUnlessZero("RTT", metric.rtt_ns);
  });
}

void WriteStream(JsonWriter& writer, std::string_view side, const TcpMetric::Stream& stream) {
  const auto number = [&](std::string_view name, int64_t value) {
    writer.Number(std::string(side).append(name), value);
  };
  number("SegmentOutOfOrder", stream.out_of_order);
  number("SegmentSkipped", stream.skipped);
  number("SegmentSkippedBytes", stream.skipped_bytes);
  number("Packets", stream.packets);
  number("Bytes", stream.bytes);
  number("SawStart", stream.saw_start);
  number("SawEnd", stream.saw_end);
}

void WriteTcpMetric(JsonWriter& writer, const TcpMetric& tcp) {
  writer.Key("TCPMetric");
  writer.Object([&] {
    writer.Number("ABSynStart", tcp.ab_syn_start);
    writer.Number("BASynStart", tcp.ba_syn_start);
    writer.NumberUnlessZero("ABSynTTL", tcp.ab_syn_ttl);
    writer.NumberUnlessZero("BASynTTL", tcp.ba_syn_ttl);
    writer.Number("ABFinStart", tcp.ab_fin_start);
    writer.Number("BAFinStart", tcp.ba_fin_start);
    writer.Number("ABRstStart", tcp.ab_rst_start);
    writer.Number("BARstStart", tcp.ba_rst_start);
    WriteStream(writer, "AB", tcp.ab);
    WriteStream(writer, "BA", tcp.ba);
  });
}

void WriteDhcpv4(JsonWriter& writer, Cursor message) {
  writer.Key("DHCPv4");
  writer.Object([&] {
    writer.NumberUnlessZero("hardware_len", message.U8(2));
    writer.NumberUnlessZero("hardware_opts", message.U8(3));
    writer.NumberUnlessZero("secs", message.U16(8));
    writer.NumberUnlessZero("flags", message.U16(10));
    writer.Base64UnlessEmpty("server_name", message.From(44).First(64));
    writer.Base64UnlessEmpty("file", message.From(108).First(128));
  });
}

void WriteVrrp(JsonWriter& writer, Cursor message) {
  writer.Key("VRRPv2");
  writer.Object([&] {
    writer.NumberUnlessZero("version", message.U8(0) >> 4);
    writer.NumberUnlessZero("VirtualRtrID", message.U8(1));
    writer.NumberUnlessZero("priority", message.U8(2));
    writer.NumberUnlessZero("adver_int", message.U8(5));
  });
}

void WriteRecord(JsonWriter& writer, const DnsContents::Record& record) {
  writer.Object([&] {
    writer.TextUnlessEmpty("name", record.name);
    writer.TextUnlessEmpty("type", record.type);
    writer.TextUnlessEmpty("class", record.record_class);
    writer.NumberUnlessZero("TTL", record.ttl);
    writer.NumberUnlessZero("data_length", record.length);
    writer.TextUnlessEmpty("IP", record.ip);
    writer.TextUnlessEmpty("NS", record.ns);
    writer.TextUnlessEmpty("CNAME", record.cname);
    writer.TextUnlessEmpty("PTR", record.ptr);
    if (!record.txts.empty()) {
      writer.Key("TXTs");
      writer.Array([&] {
        for (const std::string& text : record.txts) writer.Element(text);
      });
    }
    if (record.soa) {
      writer.Key("SOA");
      writer.Object([&] {
        writer.TextUnlessEmpty("MName", record.soa->primary);
        writer.TextUnlessEmpty("RName", record.soa->mailbox);
        writer.NumberUnlessZero("serial", record.soa->serial);
        writer.NumberUnlessZero("refresh", record.soa->refresh);
        writer.NumberUnlessZero("retry", record.soa->retry);
        writer.NumberUnlessZero("expire", record.soa->expire);
        writer.NumberUnlessZero("minimum", record.soa->minimum);
      });
    }
    if (record.srv) {
      writer.Key("SRV");
      writer.Object([&] {
        writer.NumberUnlessZero("priority", record.srv->priority);
        writer.NumberUnlessZero("weight", record.srv->weight);
        writer.NumberUnlessZero("port", record.srv->port);
        writer.TextUnlessEmpty("name", record.srv->name);
      });
    }
    if (record.mx) {
      writer.Key("MX");
      writer.Object([&] {
        writer.NumberUnlessZero("preference", record.mx->preference);
        writer.TextUnlessEmpty("name", record.mx->name);
      });
    }
    if (!record.opts.empty()) {
      writer.Key("OPT");
      writer.Array([&] {
        for (const DnsContents::Opt& opt : record.opts) {
          writer.Object([&] {
            writer.TextUnlessEmpty("Code", opt.code);
            writer.TextUnlessEmpty("Data", opt.data);
          });
        }
      });
    }
  });
}

void WriteRecords(JsonWriter& writer, std::string_view key, const std::vector<DnsContents::Record>& records) {
  if (records.empty()) return;
  writer.Key(key);
  writer.Array([&] {
    for (const DnsContents::Record& record : records) WriteRecord(writer, record);
  });
}

void WriteDns(JsonWriter& writer, const Extension& extension) {
  const DnsContents dns(Cursor(extension.dns.data(), extension.dns.size()));
  writer.Key("DNS");
  writer.Object([&] {
    writer.NumberUnlessZero("ID", dns.id);
    writer.TrueIf("QR", dns.response);
    writer.TextUnlessEmpty("op_code", dns.op_code);
    writer.TrueIf("AA", dns.authoritative);
    writer.TrueIf("TC", dns.truncated);
    writer.TrueIf("RD", dns.recursion_desired);
    writer.TrueIf("RA", dns.recursion_available);
    writer.NumberUnlessZero("z", dns.z);
    writer.TextUnlessEmpty("response_code", dns.response_code);
    writer.NumberUnlessZero("QDCount", dns.question_count);
    writer.NumberUnlessZero("ANCount", dns.answer_count);
    writer.NumberUnlessZero("NSCount", dns.authority_count);
    writer.NumberUnlessZero("ARCount", dns.additional_count);
    if (!dns.questions.empty()) {
      writer.Key("questions");
      writer.Array([&] {
        for (const DnsContents::Question& question : dns.questions) {
          writer.Object([&] {
            writer.TextUnlessEmpty("name", question.name);
            writer.TextUnlessEmpty("type", question.type);
            writer.TextUnlessEmpty("class", question.record_class);
          });
        }
      });
    }
    WriteRecords(writer, "answers", dns.answers);
    WriteRecords(writer, "authorities", dns.authorities);
    WriteRecords(writer, "additionals", dns.additionals);
    writer.Text("timestamp", Spell([&](std::string& text) { AppendTime(text, extension.dns_time_ns); }));
  });
}

}  // namespace

std::string_view NameOf(Protocol protocol) {
  static constexpr std::string_view kNames[] = {"ETHERNET", "IPV4", "TCP",    "UDP",
                                                "SCTP",     "IPV6", "ICMPV4", "ICMPV6"};
  return kNames[uint8_t(protocol)];
}

void EncodeJson(const Table& table, uint32_t place, std::string& out) {
  const Hot& hot = table.hot(place);
  const Cold& cold = table.cold(place);
  const Name& name = table.name(place);
  const Extension* extension = cold.extension.get();
  JsonWriter writer(out);
  writer.Object([&] {
    writer.Text("UUID", HexText(cold.uuid));
    writer.TextUnlessEmpty("LayersPath", name.path);
    writer.TextUnlessEmpty("Application", name.application);
    if (cold.has_link) WriteLink(writer, cold);
    if (cold.has_network) WriteNetwork(writer, cold);
    if (cold.has_transport) WriteTransport(writer, cold);
    if (cold.has_icmp) WriteIcmp(writer, cold);
    if (extension != nullptr) {
      if (!extension->dhcpv4.empty())
        WriteDhcpv4(writer, Cursor(extension->dhcpv4.data(), extension->dhcpv4.size()));
      if (!extension->dns.empty()) WriteDns(writer, *extension);
      if (!extension->vrrp.empty()) WriteVrrp(writer, Cursor(extension->vrrp.data(), extension->vrrp.size()));
    }
    Metric last;
    if (table.LastUpdate(place, last)) WriteMetric(writer, "LastUpdateMetric", last);
    WriteMetric(writer, "Metric", table.Total(place));
    if (extension != nullptr && extension->tcp) WriteTcpMetric(writer, *extension->tcp);
    if (cold.has_ip_metric) {
      writer.Key("IPMetric");
      writer.Object([&] {
        writer.Number("Fragments", cold.fragments);
        writer.Number("FragmentErrors", cold.fragment_errors);
      });
    }
    writer.Number("Start", cold.start_ms);
    writer.Number("Last", hot.last_ms);
    writer.Text("TrackingID", HexText(cold.l2_key));
    writer.Text("L3TrackingID", HexText(cold.l3_key));
    writer.Text("ParentUUID", cold.has_parent ? HexText(cold.parent) : std::string());
    writer.TextUnlessEmpty("NodeTID", table.options().node_tid);
    writer.TextUnlessEmpty("CaptureID", table.options().capture_id);
    writer.Number("RawPacketsCaptured", extension != nullptr ? extension->raw_packets_captured : 0);
    writer.NumberUnlessZero("FinishType", int64_t(cold.finish));
  });
}

}  // namespace skydive::flow
