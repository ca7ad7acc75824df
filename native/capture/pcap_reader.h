// SPDX-License-Identifier: Apache-2.0
// Reads capture files (pcap and pcapng, both byte orders) fed in pieces of any size, in constant memory.
// Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "capture/record.h"

namespace skydive::capture {

class PcapReader {
 public:
  using Sink = std::function<void(std::span<const Record>)>;
  // Larger records are refused: no capture holds them.
  static constexpr uint32_t kMaxRecord = 16 << 20;

  explicit PcapReader(uint32_t max_record = kMaxRecord) : max_record_(max_record) {}

  // The next bytes of the file. Records go to the sink in batches; their data is valid during the call.
  // False once the file turned out to be malformed: error() says why, and further bytes are ignored.
  bool Feed(std::span<const uint8_t> bytes, const Sink& sink);
  // At the end of the file. False when it ends inside a record, or when nothing of it was readable.
  bool Finish();

  const std::string& error() const { return error_; }
  uint64_t records() const { return records_; }
  // The bytes so far are a capture file's, whatever went wrong later.
  bool recognized() const { return format_ != Format::kUnknown; }

 private:
  static constexpr size_t kMaxInterfaces = 65536;
  static constexpr size_t kBatch = 256;

  enum class Format : uint8_t { kUnknown, kPcap, kPcapng };
  struct Interface {
    uint32_t link_type;
    uint32_t snap_length;
    int64_t offset_s = 0;
    uint64_t ticks_per_second = 1000000;
  };

  // Bytes used of what is there; 0 when more are needed, or after an error.
  size_t Parse(std::span<const uint8_t> bytes, const Sink& sink);
  size_t ParseOne(std::span<const uint8_t> bytes);
  size_t ParseHeader(std::span<const uint8_t> bytes);
  size_t ParseRecord(std::span<const uint8_t> bytes);
  size_t ParseBlock(std::span<const uint8_t> bytes);
  void ParseSection(std::span<const uint8_t> body);
  void ParseInterface(std::span<const uint8_t> body);
  void ParseEnhanced(std::span<const uint8_t> body);
  void ParseSimple(std::span<const uint8_t> body);
  void ParseObsolete(std::span<const uint8_t> body);
  void AddPacket(const Interface& interface, std::span<const uint8_t> data, uint32_t captured, uint32_t wire,
                 uint64_t ticks);
  size_t Fail(std::string why);

  uint16_t U16(std::span<const uint8_t> bytes, size_t at) const;
  uint32_t U32(std::span<const uint8_t> bytes, size_t at) const;

  const uint32_t max_record_;
  Format format_ = Format::kUnknown;
  bool big_endian_ = false;
  bool nanoseconds_ = false;
  uint32_t snap_length_ = 0;
  uint32_t link_type_ = 0;
  std::vector<Interface> interfaces_;
  std::vector<uint8_t> pending_;
  std::vector<Record> batch_;
  uint64_t records_ = 0;
  std::string error_;
};

}  // namespace skydive::capture
