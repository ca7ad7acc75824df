// SPDX-License-Identifier: Apache-2.0
// A capture file that comes over a connection, replayed with its gaps as if it were captured now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capture/packet_filter.h"
#include "capture/pcap_reader.h"
#include "flow/packet.h"

namespace skydive::capture {

class PcapStream {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  // A packet that comes later than that after its time is captured when it comes; those after it wait for their gaps
  // from there on.
  static constexpr int64_t kSlackNs = 100'000'000;
  // What a record may take of memory.
  static constexpr uint32_t kMaxRecord = 1 << 20;
  static constexpr int kFilterSnapLength = 4096;

  // Packets that do not match the expression are passed over; all match none.
  explicit PcapStream(std::string filter) : filter_(std::move(filter)), reader_(kMaxRecord) {}

  // The next bytes, while no packet waits. False once they turn out to be no capture file: error() says why.
  bool Feed(std::span<const uint8_t> bytes);
  // At the end of the connection: false when that is inside a record, or nothing came.
  bool Finish();
  const std::string& error() const { return error_; }
  // The bytes so far start as a capture file does.
  bool recognized() const { return reader_.recognized(); }

  bool waiting() const { return next_ < queue_.size(); }
  // Adds at most so many of the packets that are due. Their time is when they are due, by the clock that `now_ns` is
  // of, plus the offset. Their bytes are valid until the next call of Feed.
  void TakeDue(int64_t now_ns, int64_t offset_ns, size_t limit, std::vector<flow::Packet>& packets);
  // When the next one is due, as of the latest look; kNever when none waits.
  int64_t due_ns() const { return waiting() ? due_ns_ : kNever; }

 private:
  struct Queued {
    size_t at;  // in bytes_
    uint32_t captured;
    uint32_t wire;
    uint32_t link_type;
    int64_t time_ns;
  };

  void Queue(std::span<const Record> records);
  bool Passes(const Record& record);

  const std::string filter_;
  PcapReader reader_;
  // By link type: pcapng may have several.
  std::map<uint32_t, std::unique_ptr<PacketFilter>> filters_;
  std::vector<uint8_t> bytes_;
  std::vector<Queued> queue_;
  size_t next_ = 0;
  std::string error_;
  bool started_ = false;
  int64_t last_time_ns_ = 0;  // of the stream's clock, of the packet taken last
  int64_t last_due_ns_ = 0;
  int64_t due_ns_ = 0;
};

}  // namespace skydive::capture
