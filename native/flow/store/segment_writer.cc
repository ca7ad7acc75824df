// SPDX-License-Identifier: Apache-2.0
#include "flow/store/segment_writer.h"

#include <algorithm>
#include <cstring>

namespace skydive::flow::store {
namespace {

template <typename T>
std::string Pack(std::span<const int64_t> values, int64_t base) {
  std::string bytes(values.size() * sizeof(T), '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    const T value = T(uint64_t(values[i]) - uint64_t(base));
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof value);
  }
  return bytes;
}

uint8_t WidthOf(uint64_t span) {
  if (span == 0) return 0;
  if (span <= UINT8_MAX) return 1;
  if (span <= UINT16_MAX) return 2;
  return span <= UINT32_MAX ? 4 : 8;
}

}  // namespace

bool TellTime(int64_t time, int64_t start, int64_t& told) {
  if (time == 0) {
    told = 0;
    return true;
  }
  const int64_t difference = int64_t(uint64_t(time) - uint64_t(start));
  if (difference > INT32_MAX * int64_t{1000} || difference < INT32_MIN * int64_t{1000}) return false;
  told = int64_t((uint64_t(difference) << 1) ^ uint64_t(difference >> 63)) + 1;
  return true;
}

void SegmentWriter::Numbers(Column column, std::span<const int64_t> values) {
  SectionHead section{};
  section.column = uint32_t(column);
  section.count = values.size();
  if (!values.empty()) {
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    section.base = *least;
    section.greatest = *greatest;
  }
  section.width = WidthOf(uint64_t(section.greatest) - uint64_t(section.base));
  switch (section.width) {
    case 0:
      return Add(section, {});
    case 1:
      return Add(section, Pack<uint8_t>(values, section.base));
    case 2:
      return Add(section, Pack<uint16_t>(values, section.base));
    case 4:
      return Add(section, Pack<uint32_t>(values, section.base));
    default:
      return Add(section, Pack<uint64_t>(values, section.base));
  }
}

void SegmentWriter::Times(Column column, std::span<const int64_t> values, std::span<const int64_t> starts) {
  std::vector<int64_t> told(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!TellTime(values[i], starts[i], told[i])) return Numbers(column, values);
  }
  Numbers(column, told);
  sections_.back().relative = 1;
}

void SegmentWriter::Bytes(Column column, std::string_view bytes) {
  SectionHead section{};
  section.column = uint32_t(column);
  section.width = 1;
  section.count = bytes.size();
  Add(section, bytes);
}

void SegmentWriter::Add(SectionHead section, std::string_view bytes) {
  if (body_.empty()) body_.reserve(size_t(head_.rows) * 80);
  body_.append(size_t(-body_.size() & 7), '\0');
  section.offset = body_.size();  // moved behind the table later
  section.checksum = Checksum(bytes);
  body_ += bytes;
  sections_.push_back(section);
}

std::string SegmentWriter::Finish() {
  const size_t before = sizeof head_ + sections_.size() * sizeof(SectionHead);
  std::memcpy(head_.magic, kSegmentMagic, sizeof head_.magic);
  head_.format = kSegmentFormat;
  head_.sections = uint32_t(sections_.size());
  head_.size = before + body_.size();
  head_.checksum = 0;
  for (SectionHead& section : sections_) section.offset += before;
  std::string bytes;
  bytes.reserve(head_.size);
  bytes.append(reinterpret_cast<const char*>(&head_), sizeof head_);
  bytes.append(reinterpret_cast<const char*>(sections_.data()), sections_.size() * sizeof(SectionHead));
  const uint64_t checksum = Checksum(bytes);
  std::memcpy(bytes.data() + offsetof(SegmentHead, checksum), &checksum, sizeof checksum);
  bytes += body_;
  return bytes;
}

}  // namespace skydive::flow::store
