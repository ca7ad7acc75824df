// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_reader.h"

#include <algorithm>
#include <utility>

namespace skydive::capture {
namespace {

constexpr size_t kPcapHeader = 24;
constexpr size_t kPcapRecord = 16;
constexpr size_t kBlockHeader = 8;
constexpr size_t kMinBlock = 12;
constexpr uint32_t kSectionBlock = 0x0a0d0d0a;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;

enum BlockType : uint32_t { kInterface = 1, kObsolete = 2, kSimple = 3, kEnhanced = 6 };
enum InterfaceOption : uint16_t { kEndOfOptions = 0, kTimeResolution = 9, kTimeOffset = 14 };

uint32_t Big(std::span<const uint8_t> bytes) {
  return uint32_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

uint32_t Swap(uint32_t value) { return __builtin_bswap32(value); }

// if_tsresol: a negative power of ten, or of two when the high bit is set.
uint64_t TicksPerSecond(uint8_t resolution) {
  const uint8_t exponent = resolution & 0x7f;
  if ((resolution & 0x80) != 0) return exponent < 63 ? uint64_t{1} << exponent : 0;
  uint64_t ticks = 1;
  for (uint8_t i = 0; i < exponent; ++i) {
    if (ticks > UINT64_MAX / 10) return 0;
    ticks *= 10;
  }
  return ticks;
}

}  // namespace

uint16_t PcapReader::U16(std::span<const uint8_t> bytes, size_t at) const {
  if (bytes.size() < at + 2) return 0;
  return big_endian_ ? uint16_t(bytes[at] << 8 | bytes[at + 1]) : uint16_t(bytes[at + 1] << 8 | bytes[at]);
}

uint32_t PcapReader::U32(std::span<const uint8_t> bytes, size_t at) const {
  if (bytes.size() < at + 4) return 0;
  const uint32_t value = Big(bytes.subspan(at, 4));
  return big_endian_ ? value : Swap(value);
}

bool PcapReader::Feed(std::span<const uint8_t> bytes, const Sink& sink) {
  if (!error_.empty()) return false;
  // Complete the record that the last piece cut, with no more bytes than it may take.
  while (!pending_.empty() && !bytes.empty()) {
    const size_t before = pending_.size();
    const size_t more = std::min<size_t>(bytes.size(), 65536);
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + more);
    const size_t used = Parse(pending_, sink);
    if (!error_.empty()) return false;
    if (used >= before) {
      bytes = bytes.subspan(used - before);
      pending_.clear();
    } else {
      pending_.erase(pending_.begin(), pending_.begin() + used);
      bytes = bytes.subspan(more);
    }
  }
  const size_t used = Parse(bytes, sink);
  bytes = bytes.subspan(used);
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  return error_.empty();
}

bool PcapReader::Finish() {
  if (!error_.empty()) return false;
  if (format_ == Format::kUnknown) Fail("not a pcap or pcapng file");
  if (!pending_.empty()) Fail("the file ends inside record " + std::to_string(records_ + 1));
  return error_.empty();
}

size_t PcapReader::Parse(std::span<const uint8_t> bytes, const Sink& sink) {
  size_t used = 0;
  batch_.clear();
  for (size_t size = 1; size > 0 && error_.empty();) {
    size = ParseOne(bytes.subspan(used));
    used += size;
    if (batch_.size() == kBatch || ((size == 0 || !error_.empty()) && !batch_.empty())) {
      sink(batch_);
      batch_.clear();
    }
  }
  return used;
}

size_t PcapReader::ParseOne(std::span<const uint8_t> bytes) {
  switch (format_) {
    case Format::kUnknown:
      return ParseHeader(bytes);
    case Format::kPcap:
      return ParseRecord(bytes);
    case Format::kPcapng:
      return ParseBlock(bytes);
  }
  return 0;
}

size_t PcapReader::Fail(std::string why) {
  error_ = std::move(why);
  return 0;
}

size_t PcapReader::ParseHeader(std::span<const uint8_t> bytes) {
  constexpr uint32_t kMicroseconds = 0xa1b2c3d4;
  constexpr uint32_t kNanoseconds = 0xa1b23c4d;
  if (bytes.size() < 4) return 0;
  const uint32_t magic = Big(bytes);
  if (magic == kSectionBlock) {
    format_ = Format::kPcapng;
    return ParseBlock(bytes);
  }
  big_endian_ = magic == kMicroseconds || magic == kNanoseconds;
  const uint32_t native = big_endian_ ? magic : Swap(magic);
  if (native != kMicroseconds && native != kNanoseconds) return Fail("not a pcap or pcapng file");
  if (bytes.size() < kPcapHeader) return 0;
  nanoseconds_ = native == kNanoseconds;
  if (U16(bytes, 4) != 2 || U16(bytes, 6) != 4) {
    return Fail("pcap version " + std::to_string(U16(bytes, 4)) + "." + std::to_string(U16(bytes, 6)) +
                ", not 2.4");
  }
  snap_length_ = U32(bytes, 16);
  // The high bits tell about the frame check sequence.
  link_type_ = U32(bytes, 20) & 0xffff;
  format_ = Format::kPcap;
  return kPcapHeader;
}

size_t PcapReader::ParseRecord(std::span<const uint8_t> bytes) {
  if (bytes.size() < kPcapRecord) return 0;
  const uint32_t captured = U32(bytes, 8);
  const uint32_t wire = U32(bytes, 12);
  const uint32_t limit = snap_length_ == 0 ? max_record_ : std::min(snap_length_, max_record_);
  const auto fail = [this](const char* what) {
    return Fail("record " + std::to_string(records_ + 1) + what);
  };
  if (captured > limit) return fail(" is longer than the file's snapshot length");
  if (captured > wire) return fail(" has more bytes than its packet had");
  if (bytes.size() < kPcapRecord + captured) return 0;
  // The next record's head is waited for otherwise.
  __builtin_prefetch(bytes.data() + kPcapRecord + captured);
  const int64_t fraction = int64_t{U32(bytes, 4)} * (nanoseconds_ ? 1 : 1000);
  batch_.push_back({bytes.data() + kPcapRecord, captured, wire, link_type_,
                    int64_t{U32(bytes, 0)} * 1000000000 + fraction});
  ++records_;
  return kPcapRecord + captured;
}

size_t PcapReader::ParseBlock(std::span<const uint8_t> bytes) {
  if (bytes.size() < kMinBlock) return 0;
  const bool section = Big(bytes) == kSectionBlock;
  if (section) {
    const uint32_t order = Big(bytes.subspan(8, 4));
    if (order != kByteOrder && order != Swap(kByteOrder)) return Fail("pcapng section without byte order");
    big_endian_ = order == kByteOrder;
  }
  const uint32_t length = U32(bytes, 4);
  if (length < kMinBlock || length % 4 != 0 || length > max_record_ + 65536) {
    return Fail("pcapng block of " + std::to_string(length) + " bytes after record " +
                std::to_string(records_));
  }
  if (bytes.size() < length) return 0;
  if (U32(bytes, length - 4) != length) return Fail("pcapng block whose lengths differ");
  const auto body = bytes.subspan(kBlockHeader, length - kMinBlock);
  if (section) {
    ParseSection(body);
    return length;
  }
  switch (U32(bytes, 0)) {
    case kInterface:
      ParseInterface(body);
      break;
    case kObsolete:
      ParseObsolete(body);
      break;
    case kSimple:
      ParseSimple(body);
      break;
    case kEnhanced:
      ParseEnhanced(body);
      break;
    default:
      break;
  }
  return length;
}

void PcapReader::ParseSection(std::span<const uint8_t> body) {
  if (body.size() < 16) {
    Fail("pcapng section header too short");
  } else if (U16(body, 4) != 1) {
    Fail("pcapng version " + std::to_string(U16(body, 4)) + ", not 1");
  }
  interfaces_.clear();
}

void PcapReader::ParseInterface(std::span<const uint8_t> body) {
  if (body.size() < 8 || interfaces_.size() >= kMaxInterfaces) {
    Fail("pcapng interface that cannot be read");
    return;
  }
  Interface interface { U16(body, 0), U32(body, 4) };
  for (auto options = body.subspan(8); options.size() >= 4;) {
    const uint16_t code = U16(options, 0);
    const size_t length = U16(options, 2);
    const size_t padded = 4 + ((length + 3) & ~size_t{3});
    if (code == kEndOfOptions || options.size() < padded) break;
    if (code == kTimeResolution && length >= 1) interface.ticks_per_second = TicksPerSecond(options[4]);
    if (code == kTimeOffset && length >= 8) {
      const uint32_t low = U32(options, big_endian_ ? 8 : 4);
      const uint32_t high = U32(options, big_endian_ ? 4 : 8);
      interface.offset_s = int64_t(uint64_t{high} << 32 | low);
    }
    options = options.subspan(padded);
  }
  if (interface.ticks_per_second == 0) {
    Fail("pcapng interface with a time resolution that cannot be counted");
    return;
  }
  interfaces_.push_back(interface);
}

void PcapReader::ParseEnhanced(std::span<const uint8_t> body) {
  const uint32_t number = U32(body, 0);
  if (body.size() < 20 || number >= interfaces_.size()) {
    Fail("pcapng packet of an unknown interface");
    return;
  }
  const uint64_t ticks = uint64_t{U32(body, 4)} << 32 | U32(body, 8);
  AddPacket(interfaces_[number], body.subspan(20), U32(body, 12), U32(body, 16), ticks);
}

void PcapReader::ParseObsolete(std::span<const uint8_t> body) {
  const uint16_t number = U16(body, 0);
  if (body.size() < 20 || number >= interfaces_.size()) {
    Fail("pcapng packet of an unknown interface");
    return;
  }
  const uint64_t ticks = uint64_t{U32(body, 4)} << 32 | U32(body, 8);
  AddPacket(interfaces_[number], body.subspan(20), U32(body, 12), U32(body, 16), ticks);
}

void PcapReader::ParseSimple(std::span<const uint8_t> body) {
  if (body.size() < 4 || interfaces_.empty()) {
    Fail("pcapng packet of an unknown interface");
    return;
  }
  const uint32_t wire = U32(body, 0);
  const uint32_t snap_length = interfaces_[0].snap_length;
  const uint32_t captured = snap_length == 0 ? wire : std::min(wire, snap_length);
  AddPacket(interfaces_[0], body.subspan(4), captured, wire, 0);
}

void PcapReader::AddPacket(const Interface& interface, std::span<const uint8_t> data, uint32_t captured,
                           uint32_t wire, uint64_t ticks) {
  if (captured > data.size() || captured > wire) {
    Fail("record " + std::to_string(records_ + 1) + " has more bytes than its packet or block had");
    return;
  }
  const uint64_t seconds = ticks / interface.ticks_per_second;
  const uint64_t rest = ticks % interface.ticks_per_second;
  const auto fraction =
      uint64_t(static_cast<unsigned __int128>(rest) * 1000000000 / interface.ticks_per_second);
  const uint64_t time_ns = (seconds + uint64_t(interface.offset_s)) * 1000000000 + fraction;
  batch_.push_back({data.data(), captured, wire, interface.link_type, int64_t(time_ns)});
  ++records_;
}

}  // namespace skydive::capture
