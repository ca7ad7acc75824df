// SPDX-License-Identifier: Apache-2.0
#include "flow/query.h"

#include <algorithm>

#include "flow/encode.h"
#include "flow/protobuf_reader.h"
#include "flow/protobuf_writer.h"
#include "flow/table_fields.h"

namespace skydive::flow {
namespace {

constexpr size_t kPiece = 1 << 20;

// Identifiers are numbers that are spelled as texts.
std::optional<uint64_t> IdentifierOf(const Cold& cold, Field field) {
  switch (field) {
    case Field::kUuid:
      return cold.uuid;
    case Field::kTrackingId:
      return cold.l2_key;
    case Field::kL3TrackingId:
      return cold.l3_key;
    default:
      return std::nullopt;
  }
}

uint64_t NotNegative(uint64_t number) { return int64_t(number) < 0 ? 0 : number; }

bool ParseRange(std::string_view bytes, Search& search) {
  search.from = search.to = 0;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(1)) search.from = NotNegative(reader.number());
    if (reader.IsVarint(2)) search.to = NotNegative(reader.number());
  }
  return reader.ok();
}

}  // namespace

std::optional<Search> ParseSearch(std::string_view bytes) {
  if (bytes.size() > kMaxFilterBytes) return std::nullopt;
  Search search;
  std::string_view filter;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsBytes(1)) filter = reader.bytes();
    if (reader.IsBytes(2) && !ParseRange(reader.bytes(), search)) return std::nullopt;
    if (reader.IsVarint(3)) search.sort = reader.number() != 0;
    if (reader.IsVarint(4)) search.dedup = reader.number() != 0;
    if (reader.IsBytes(5) && !reader.bytes().empty()) search.dedup_by = FieldOf(reader.bytes());
    if (reader.IsBytes(6) && !reader.bytes().empty()) search.sort_by = FieldOf(reader.bytes());
    if (reader.IsVarint(7)) search.descending = reader.number() != 1;
  }
  if (!reader.ok()) return std::nullopt;
  std::optional<Filter> parsed = ParseFilter(filter);
  if (!parsed) return std::nullopt;
  search.filter = std::move(*parsed);
  return search;
}

// Of two flows with the same key an ascending answer has the one less recently used first, a descending one
// last.
bool TableSearch::Precedes(const Found& a, const Found& b) const {
  if (search_.sort) {
    const Found& left = search_.descending ? b : a;
    const Found& right = search_.descending ? a : b;
    if (left.number != right.number) return left.number < right.number;
    if (const int order = left.text.compare(right.text); order != 0) return order < 0;
    return left.touch < right.touch;
  }
  return a.touch < b.touch;
}

bool TableSearch::Look(const Table& table, uint32_t places) {
  if (next_ == 0) Reserve(table);
  TableFields fields(table);
  const uint32_t end = std::min(table.places(), next_ + places);
  for (; next_ < end; ++next_) {
    if (!table.Used(next_) || !fields.Matches(next_, search_.filter)) continue;
    const Hot& hot = table.hot(next_);
    const Cold& cold = table.cold(next_);
    if (start_ms_ == 0 || cold.start_ms < start_ms_) start_ms_ = cold.start_ms;
    end_ms_ = std::max(end_ms_, hot.last_ms);
    Found found{0, hot.touch, next_, cold.generation, {}};
    if (search_.sort) {
      // A flow that lacks the field counts as 0 or "".
      if (KindOf(search_.sort_by) == FieldKind::kInteger) {
        found.number = fields.Integer(next_, search_.sort_by).value_or(0);
      } else {
        found.text = fields.Text(next_, search_.sort_by).value_or("");
      }
    }
    if (!search_.dedup || !IsCopy(fields, found)) Keep(std::move(found));
  }
  return next_ < table.places();
}

// Growing would copy, too. Memory that is not used costs nothing.
void TableSearch::Reserve(const Table& table) {
  found_.reserve(table.places());
  if (!search_.dedup) return;
  if (KindOf(search_.dedup_by) == FieldKind::kInteger || IdentifierOf({}, search_.dedup_by)) {
    by_number_.reserve(table.places());
  } else {
    by_text_.reserve(table.places());
  }
}

bool TableSearch::IsCopy(TableFields& fields, Found& found) {
  const auto place = uint32_t(found_.size());
  uint32_t before = place;
  if (const auto id = IdentifierOf(fields.cold(found.place), search_.dedup_by)) {
    before = by_number_.try_emplace(*id, place).first->second;
  } else if (const auto number = fields.Integer(found.place, search_.dedup_by)) {
    before = by_number_.try_emplace(uint64_t(*number), place).first->second;
  } else if (const auto text = fields.Text(found.place, search_.dedup_by)) {
    before = by_text_.try_emplace(std::string(*text), place).first->second;
  }
  if (before == place) return false;
  if (Precedes(found, found_[before])) found_[before] = std::move(found);
  return true;
}

void TableSearch::Keep(Found&& found) {
  found_.push_back(std::move(found));
  // What dedup has to compare with stays.
  if (!search_.dedup && search_.to < found_.size() / 2 && found_.size() >= 1024) Trim();
}

// Only the flows up to the end of the range can be in the answer.
void TableSearch::Trim() {
  const auto end = found_.begin() + ptrdiff_t(search_.to);
  std::nth_element(found_.begin(), end, found_.end(),
                   [this](const Found& a, const Found& b) { return Precedes(a, b); });
  found_.erase(end, found_.end());
}

void TableSearch::Arrange() {
  by_number_ = {};
  by_text_ = {};
  if (search_.to < found_.size()) Trim();
  std::sort(found_.begin(), found_.end(), [this](const Found& a, const Found& b) { return Precedes(a, b); });
  encoded_ = size_t(std::min<uint64_t>(search_.from, found_.size()));
}

bool TableSearch::Encode(const Table& table, size_t flows) {
  const size_t end = std::min(found_.size(), encoded_ + flows);
  for (; encoded_ < end; ++encoded_) {
    const Found& found = found_[encoded_];
    if (found.place >= table.places() || !table.Used(found.place) ||
        table.cold(found.place).generation != found.generation)
      continue;
    if (answer_.empty() || answer_.back().size() >= kPiece) {
      answer_.emplace_back();
      // Room for the flow that goes beyond.
      answer_.back().reserve(kPiece + (kPiece >> 3));
    }
    std::string& out = answer_.back();
    ProtobufWriter writer(out);
    writer.LongMessage(1, [&] { EncodeProtobuf(table, found.place, out); });
  }
  return encoded_ < found_.size();
}

std::string TableSearch::Take() {
  std::string whole;
  size_t size = 0;
  for (const std::string& piece : answer_) size += piece.size();
  whole.reserve(size + 32);
  for (std::string& piece : answer_) {
    whole += piece;
    piece = {};
  }
  ProtobufWriter writer(whole);
  writer.Varint(2, uint64_t(start_ms_));
  writer.Varint(3, uint64_t(end_ms_));
  return whole;
}

}  // namespace skydive::flow
