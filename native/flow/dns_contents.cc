// SPDX-License-Identifier: Apache-2.0
#include "flow/dns_contents.h"

#include "flow/text.h"
#include "layers/dns_message.h"

namespace skydive::flow {
namespace {

using layers::Cursor;
using layers::DnsReader;

constexpr std::string_view kUnknown = "Unknown";

std::string_view TypeName(uint16_t type) {
  static constexpr std::string_view kNames[] = {"A",  "NS",   "MD",  "MF",  "CNAME", "SOA",   "MB", "MG",
                                                "MR", "NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT"};
  if (type >= 1 && type <= 16) return kNames[type - 1];
  if (type == layers::kDnsAaaa) return "AAAA";
  if (type == layers::kDnsSrv) return "SRV";
  return type == layers::kDnsOpt ? "OPT" : kUnknown;
}

std::string_view ClassName(uint16_t value) {
  static constexpr std::string_view kNames[] = {"IN", "CS", "CH", "HS"};
  if (value >= 1 && value <= 4) return kNames[value - 1];
  return value == 255 ? "Any" : kUnknown;
}

std::string_view OpCodeName(uint8_t code) {
  static constexpr std::string_view kNames[] = {"Query",  "Inverse Query", "Status",
                                                kUnknown, "Notify",        "Update"};
  return code < 6 ? kNames[code] : kUnknown;
}

std::string_view ResponseName(uint8_t code) {
  // The blank at the end of the third is the reference's.
  static constexpr std::string_view kNames[] = {"No Error",
                                                "Format Error",
                                                "Server Failure ",
                                                "Non-Existent Domain",
                                                "Not Implemented",
                                                "Query Refused",
                                                "Name Exists when it should not",
                                                "RR Set Exists when it should not",
                                                "RR Set that should exist does not",
                                                "Server Not Authoritative for zone",
                                                "Name not contained in zone"};
  return code < 11 ? kNames[code] : kUnknown;
}

std::string_view OptionName(uint16_t code) {
  switch (code) {
    case 3:
      return "NSID";
    case 5:
      return "DAU";
    case 6:
      return "DHU";
    case 7:
      return "N3U";
    case 8:
      return "EDNSClientSubnet";
    case 9:
      return "EDNSExpire";
    case 10:
      return "Cookie";
    case 11:
      return "EDNSKeepAlive";
    case 12:
      return "CodePadding";
    case 13:
      return "CodeChain";
    case 14:
      return "CodeEDNSKeyTag";
    case 16:
      return "EDNSClientTag";
    case 17:
      return "EDNSServerTag";
    case 26946:
      return "DeviceID";
    default:
      return kUnknown;
  }
}

std::string TextOf(Cursor bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::vector<std::string> CharacterStrings(Cursor data) {
  std::vector<std::string> texts;
  while (!data.empty()) {
    texts.push_back(TextOf(data.From(1).First(data.U8(0))));
    data = data.From(1 + size_t{data.U8(0)});
  }
  return texts;
}

// To the end of the message, as they are checked.
std::vector<DnsContents::Opt> Options(Cursor data) {
  std::vector<DnsContents::Opt> options;
  while (data.Has(4)) {
    options.push_back({OptionName(data.U16(0)), TextOf(data.From(4).First(data.U16(2)))});
    data = data.From(4 + size_t{data.U16(2)});
  }
  return options;
}

// False for the types that are not shown.
bool FillData(DnsContents::Record& shown, DnsReader& reader, const DnsReader::Record& record) {
  const Cursor message = reader.message();
  const Cursor data = message.From(record.data).First(record.length);
  switch (record.type) {
    case layers::kDnsA:
    case layers::kDnsAaaa:
      AppendAddress(shown.ip, data);
      return true;
    case layers::kDnsNs:
      reader.ReadName(record.data, &shown.ns);
      return true;
    case layers::kDnsCname:
      reader.ReadName(record.data, &shown.cname);
      return true;
    case layers::kDnsPtr:
      reader.ReadName(record.data, &shown.ptr);
      return true;
    case layers::kDnsTxt:
    case layers::kDnsHinfo:
      shown.txts = CharacterStrings(data);
      return true;
    case layers::kDnsMx:
      shown.mx = DnsContents::Mx{message.U16(record.data), {}};
      reader.ReadName(record.data + 2, &shown.mx->name);
      return true;
    case layers::kDnsSrv:
      shown.srv = DnsContents::Srv{
          message.U16(record.data), message.U16(record.data + 2), message.U16(record.data + 4), {}};
      reader.ReadName(record.data + 6, &shown.srv->name);
      return true;
    case layers::kDnsSoa: {
      DnsContents::Soa soa{};
      size_t at = reader.ReadName(record.data, &soa.primary);
      at = reader.ReadName(at, &soa.mailbox);
      soa.serial = message.U32(at);
      soa.refresh = message.U32(at + 4);
      soa.retry = message.U32(at + 8);
      soa.expire = message.U32(at + 12);
      soa.minimum = message.U32(at + 16);
      shown.soa = std::move(soa);
      return true;
    }
    case layers::kDnsOpt:
      shown.opts = Options(message.From(record.data));
      return true;
    default:
      return false;
  }
}

void FillRecords(std::vector<DnsContents::Record>& records, DnsReader& reader, uint16_t count) {
  for (; count > 0; --count) {
    DnsContents::Record shown{};
    DnsReader::Record record;
    if (!reader.ReadRecord(record, &shown.name)) return;
    shown.type = TypeName(record.type);
    shown.record_class = ClassName(record.record_class);
    shown.ttl = record.ttl;
    shown.length = record.length;
    if (FillData(shown, reader, record)) records.push_back(std::move(shown));
  }
}

}  // namespace

DnsContents::DnsContents(Cursor message)
    : id(message.U16(0)),
      response((message.U8(2) & 0x80) != 0),
      authoritative((message.U8(2) & 4) != 0),
      truncated((message.U8(2) & 2) != 0),
      recursion_desired((message.U8(2) & 1) != 0),
      recursion_available((message.U8(3) & 0x80) != 0),
      z(message.U8(3) >> 4 & 7),
      op_code(OpCodeName(message.U8(2) >> 3 & 0xf)),
      response_code(ResponseName(message.U8(3) & 0xf)),
      question_count(message.U16(4)),
      answer_count(message.U16(6)),
      authority_count(message.U16(8)),
      additional_count(message.U16(10)) {
  DnsReader reader(message);
  for (uint16_t left = question_count; left > 0; --left) {
    Question shown;
    DnsReader::Question question;
    if (!reader.ReadQuestion(question, &shown.name)) return;
    shown.type = TypeName(question.type);
    shown.record_class = ClassName(question.record_class);
    questions.push_back(std::move(shown));
  }
  FillRecords(answers, reader, answer_count);
  FillRecords(authorities, reader, authority_count);
  FillRecords(additionals, reader, additional_count);
}

}  // namespace skydive::flow
