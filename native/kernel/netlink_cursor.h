// SPDX-License-Identifier: Apache-2.0
// Reads netlink messages and attributes out of untrusted bytes. No cursor can read outside the span it was given:
// a length that does not fit ends the walk.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace skydive::kernel {

using Bytes = std::span<const uint8_t>;

// The first sizeof(T) bytes as T, or nothing when there are fewer. Netlink aligns to 4 bytes only, hence the copy.
template <typename T>
std::optional<T> ReadAs(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// What follows a fixed header of that size (aligned to 4), empty when there is none.
inline Bytes After(Bytes bytes, size_t header) {
  size_t aligned = NLMSG_ALIGN(header);
  return bytes.size() > aligned ? bytes.subspan(aligned) : Bytes{};
}

// A string attribute, with or without its terminating zero.
inline std::string ReadText(Bytes bytes) {
  size_t length = 0;
  while (length < bytes.size() && bytes[length] != 0) ++length;
  return {reinterpret_cast<const char*>(bytes.data()), length};
}

class AttributeCursor {
 public:
  explicit AttributeCursor(Bytes bytes) : rest_(bytes) {}

  // Moves to the next attribute; false at the end or at the first one that does not fit.
  bool Next() {
    auto header = ReadAs<nlattr>(rest_);
    if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > rest_.size()) return false;
    type_ = header->nla_type & NLA_TYPE_MASK;
    payload_ = rest_.subspan(sizeof(nlattr), header->nla_len - sizeof(nlattr));
    size_t step = NLA_ALIGN(header->nla_len);
    rest_ = step < rest_.size() ? rest_.subspan(step) : Bytes{};
    return true;
  }
  uint16_t type() const { return type_; }
  Bytes payload() const { return payload_; }
  template <typename T>
  T As(T otherwise = {}) const {
    return ReadAs<T>(payload_).value_or(otherwise);
  }

 private:
  Bytes rest_;
  Bytes payload_;
  uint16_t type_ = 0;
};

struct Message {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  Bytes payload;
};

class MessageCursor {
 public:
  explicit MessageCursor(Bytes bytes) : rest_(bytes) {}

  bool Next(Message& message) {
    auto header = ReadAs<nlmsghdr>(rest_);
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest_.size()) return false;
    message.type = header->nlmsg_type;
    message.flags = header->nlmsg_flags;
    message.sequence = header->nlmsg_seq;
    message.payload = rest_.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
    size_t step = NLMSG_ALIGN(header->nlmsg_len);
    rest_ = step < rest_.size() ? rest_.subspan(step) : Bytes{};
    return true;
  }

 private:
  Bytes rest_;
};

}  // namespace skydive::kernel
