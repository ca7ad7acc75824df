// SPDX-License-Identifier: Apache-2.0
// The contents of a DNS message as flows show them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layers/cursor.h"

namespace skydive::flow {

struct DnsContents {
  struct Question {
    std::string name;
    std::string_view type;
    std::string_view record_class;
  };
  struct Soa {
    std::string primary;
    std::string mailbox;
    uint32_t serial, refresh, retry, expire, minimum;
  };
  struct Srv {
    uint16_t priority, weight, port;
    std::string name;
  };
  struct Mx {
    uint16_t preference;
    std::string name;
  };
  struct Opt {
    std::string_view code;
    std::string data;
  };
  struct Record {
    std::string name;
    std::string_view type;
    std::string_view record_class;
    uint32_t ttl;
    uint16_t length;
    std::string ip;
    std::string ns;
    std::string cname;
    std::string ptr;
    std::vector<std::string> txts;
    std::optional<Soa> soa;
    std::optional<Srv> srv;
    std::optional<Mx> mx;
    std::vector<Opt> opts;
  };

  // Reads a message that was found valid; of one that is not, what precedes the fault.
  explicit DnsContents(layers::Cursor message);

  uint16_t id;
  bool response, authoritative, truncated, recursion_desired, recursion_available;
  uint8_t z;
  std::string_view op_code;
  std::string_view response_code;
  // As the header counts them, whatever the lists hold.
  uint16_t question_count, answer_count, authority_count, additional_count;
  std::vector<Question> questions;
  std::vector<Record> answers, authorities, additionals;
};

}  // namespace skydive::flow
