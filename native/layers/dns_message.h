// SPDX-License-Identifier: Apache-2.0
// A DNS message (RFC 1035) read record by record, for the layer list and for the contents of flows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layers/cursor.h"
#include "layers/protocol.h"

namespace skydive::layers {

enum DnsType : uint16_t {
  kDnsA = 1,
  kDnsNs = 2,
  kDnsCname = 5,
  kDnsSoa = 6,
  kDnsPtr = 12,
  kDnsHinfo = 13,
  kDnsMx = 15,
  kDnsTxt = 16,
  kDnsAaaa = 28,
  kDnsSrv = 33,
  kDnsOpt = 41,
};

// Reads a message, and stops at the first thing that is not one.
class DnsReader {
 public:
  struct Question {
    uint16_t type;
    uint16_t record_class;
  };
  struct Record {
    uint16_t type;
    uint16_t record_class;
    uint32_t ttl;
    uint16_t length;
    size_t data;  // offset of the record's data
  };

  explicit DnsReader(Cursor message) : message_(message) {}

  // kEnd, kBad or kOverrun: how reading went so far.
  Protocol outcome() const { return outcome_; }
  // All four sections; the outcome tells whether the message is one.
  Protocol Validate();

  // Each reads what is next. A name is appended to text unless it is null.
  bool ReadQuestion(Question& question, std::string* text);
  bool ReadRecord(Record& record, std::string* text);
  // The record's data checked as its type demands.
  bool CheckData(const Record& record);
  // A name at an offset; returns the offset behind it, 0 on failure.
  size_t ReadName(size_t offset, std::string* text);

  Cursor message() const { return message_; }

 private:
  static constexpr size_t kHeader = 12;
  // Compression pointers let a small message spell endless names: past this many labels it is malformed.
  static constexpr uint32_t kMaxLabels = 16384;
  static constexpr uint32_t kMaxPointers = 255;

  bool Fail(Protocol outcome) {
    outcome_ = outcome;
    return false;
  }
  size_t ReadLabels(size_t offset, std::string* text, uint32_t depth);
  bool CheckOptions(size_t offset);

  Cursor message_;
  size_t at_ = kHeader;
  uint32_t labels_ = 0;
  Protocol outcome_ = Protocol::kEnd;
};

}  // namespace skydive::layers
