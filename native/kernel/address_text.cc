// SPDX-License-Identifier: Apache-2.0
#include "kernel/address_text.h"

#include <arpa/inet.h>

namespace skydive::kernel {

std::string HardwareText(Bytes bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 3);
  for (uint8_t byte : bytes) {
    if (!text.empty()) text += ':';
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::string IpText(Bytes bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof(text)) ? text : "";
}

}  // namespace skydive::kernel
