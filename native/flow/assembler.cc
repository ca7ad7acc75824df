// SPDX-License-Identifier: Apache-2.0
#include "flow/assembler.h"

#include <algorithm>
#include <cstring>

namespace skydive::flow {
namespace {

using layers::Cursor;
using layers::Layer;
using layers::LayerType;

enum TcpFlag : uint8_t { kFin = 1, kSyn = 2, kRst = 4 };

constexpr int64_t kPageBytes = 1900;
constexpr int64_t kMaxSequence = 0xffffffff;

// Distance between sequence numbers around the wrap, the reference's off by one included.
int64_t Difference(int64_t from, int64_t to) {
  if (from > kMaxSequence - kMaxSequence / 4 && to < kMaxSequence / 4) {
    to += kMaxSequence;
  } else if (to > kMaxSequence - kMaxSequence / 4 && from < kMaxSequence / 4) {
    from += kMaxSequence;
  }
  return to - from;
}

int64_t Advance(int64_t sequence, int64_t bytes) { return (sequence + bytes) & kMaxSequence; }

// The part of received bytes that is new, and what is expected next.
struct Span {
  int64_t bytes;
  int64_t next;
};

Span NewPart(int64_t expected, int64_t sequence, int64_t bytes) {
  if (expected < 0) return {bytes, Advance(sequence, bytes)};
  const int64_t known = Difference(sequence, expected);
  if (known <= 0) return {bytes, Advance(sequence, bytes)};
  if (bytes < known) return {0, expected};
  return {bytes - known, Advance(expected, bytes - known)};
}

bool Less(const Address& a, const Address& b) { return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) < 0; }

StreamEnds Canonical(const StreamEnds& ends) {
  const bool equal = std::memcmp(ends.source.bytes, ends.destination.bytes, sizeof ends.source.bytes) == 0;
  const bool reverse = equal ? ends.destination_port < ends.source_port : Less(ends.destination, ends.source);
  return reverse ? ends.Reversed() : ends;
}

}  // namespace

bool StreamEnds::operator==(const StreamEnds& other) const {
  return source_port == other.source_port && destination_port == other.destination_port &&
         source.size == other.source.size &&
         std::memcmp(source.bytes, other.source.bytes, sizeof source.bytes) == 0 &&
         std::memcmp(destination.bytes, other.destination.bytes, sizeof destination.bytes) == 0;
}

uint64_t StreamEnds::Hash() const {
  uint64_t words[4];
  std::memcpy(words, source.bytes, 16);
  std::memcpy(words + 2, destination.bytes, 16);
  uint64_t hash = uint64_t{source_port} << 16 | destination_port;
  for (const uint64_t word : words) {
    const unsigned __int128 product =
        static_cast<unsigned __int128>(hash ^ word ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    hash = uint64_t(product) ^ uint64_t(product >> 64);
  }
  return hash;
}

StreamEnds Assembler::EndsOf(const Layer& network, const Layer& tcp) {
  StreamEnds ends;
  if (network.readable) {
    const bool ipv4 = network.type == LayerType::kIpv4;
    const uint8_t size = ipv4 ? 4 : 16;
    const uint8_t* source = network.data + (ipv4 ? 12 : 8);
    ends.source.size = ends.destination.size = size;
    std::memcpy(ends.source.bytes, source, size);
    std::memcpy(ends.destination.bytes, source + size, size);
  }
  if (tcp.readable) {
    const Cursor ports(tcp.data, 4);
    ends.source_port = ports.U16(0);
    ends.destination_port = ports.U16(2);
  }
  return ends;
}

void Assembler::Register(const Layer& network, const Layer& tcp, FlowHandle flow) {
  flows_[Canonical(EndsOf(network, tcp))] = flow;
}

void Assembler::Assemble(const Layer& network, const Layer& tcp, int64_t time_ns) {
  if (!tcp.readable) return;
  const uint8_t flags = tcp.data[13];
  const int64_t bytes = tcp.payload;
  if ((flags & (kSyn | kFin | kRst)) == 0 && bytes == 0) return;
  const StreamEnds ends = EndsOf(network, tcp);
  auto at = streams_.find(ends);
  if (at == streams_.end()) {
    if ((flags & kSyn) == 0 && bytes == 0) return;
    const auto flow = flows_.find(Canonical(ends));
    if (flow == flows_.end() || streams_.size() >= kMaxStreams) {
      ++dropped_;
      return;
    }
    at = streams_.try_emplace(ends).first;
    at->second.flow = flow->second;
  }
  Stream& stream = at->second;
  stream.last_ns = std::max(stream.last_ns, time_ns);
  const int64_t sequence = Cursor(tcp.data, 8).U32(4);
  const bool end = (flags & (kRst | kFin)) != 0;
  if (stream.next == kUnknown) {
    if ((flags & kSyn) == 0) {
      Store(stream, sequence, bytes, end, time_ns);
      return;
    }
    stream.next = Advance(sequence, bytes + 1);
    if (Send(stream, {sequence, bytes, time_ns, 0, true, false})) Complete(at);
  } else if (Difference(stream.next, sequence) > 0) {
    Store(stream, sequence, bytes, end, time_ns);
  } else {
    const Span part = NewPart(stream.next, sequence, bytes);
    stream.next = part.next;
    if (Send(stream, {sequence, part.bytes, time_ns, 0, false, end})) Complete(at);
  }
}

void Assembler::Store(Stream& stream, int64_t sequence, int64_t bytes, bool end, int64_t time_ns) {
  if (pages_ >= kMaxPages) {
    ++dropped_;
    return;
  }
  // Behind everything that starts no later.
  auto at = stream.waiting.end();
  while (at != stream.waiting.begin() && Difference(std::prev(at)->sequence, sequence) < 0) --at;
  for (bool last = false; !last;) {
    const int64_t part = std::min(bytes, kPageBytes);
    bytes -= part;
    last = bytes == 0;
    at = std::next(stream.waiting.insert(at, {sequence, part, time_ns, 0, false, last && end}));
    sequence = Advance(sequence, part);
    ++pages_;
  }
}

Assembler::Page Assembler::TakeFirst(Stream& stream) {
  Page page = stream.waiting.front();
  stream.waiting.pop_front();
  --pages_;
  if (stream.next == kUnknown) {
    page.skip = -1;
  } else if (const int64_t gap = Difference(stream.next, page.sequence); gap > 0) {
    page.skip = gap;
  }
  const Span part = NewPart(stream.next, page.sequence, page.bytes);
  page.bytes = part.bytes;
  stream.next = part.next;
  return page;
}

void Assembler::Deliver(Stream& stream, const Page& page) {
  TcpMetric::Stream& counters = stream.counters;
  if (!stream.any) {
    stream.any = true;
    stream.seen_ns = page.time_ns;
  }
  if (page.time_ns < stream.seen_ns) {
    ++counters.out_of_order;
  } else {
    stream.seen_ns = page.time_ns;
  }
  ++counters.packets;
  counters.bytes += page.bytes;
  if (page.skip != 0) {
    ++counters.skipped;
    counters.skipped_bytes += page.skip;
  }
  if (page.start) counters.saw_start = 1;
  if (page.end) counters.saw_end = 1;
}

bool Assembler::Send(Stream& stream, const Page& page) {
  Deliver(stream, page);
  bool end = page.end;
  while (!stream.waiting.empty() && Difference(stream.next, stream.waiting.front().sequence) <= 0) {
    const Page next = TakeFirst(stream);
    Deliver(stream, next);
    end = next.end;
  }
  return end;
}

void Assembler::Complete(Streams::iterator at) {
  sink_.StreamComplete(at->second.flow, at->first, at->second.counters);
  pages_ -= at->second.waiting.size();
  streams_.erase(at);
}

void Assembler::Flush(int64_t older_than_ns) {
  for (auto at = streams_.begin(); at != streams_.end();) {
    const auto current = at++;
    Stream& stream = current->second;
    bool over = false;
    while (!over && !stream.waiting.empty() && stream.waiting.front().time_ns < older_than_ns) {
      over = Send(stream, TakeFirst(stream));
    }
    if (over || (stream.waiting.empty() && stream.last_ns < older_than_ns)) Complete(current);
  }
}

void Assembler::FlushAll() {
  while (!streams_.empty()) {
    const auto at = streams_.begin();
    bool over = false;
    while (!over && !at->second.waiting.empty()) over = Send(at->second, TakeFirst(at->second));
    Complete(at);
  }
}

}  // namespace skydive::flow
