// SPDX-License-Identifier: Apache-2.0
// Questions to network drivers (SIOCETHTOOL). All of them are allowed without privileges.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct DriverFacts {
  std::string driver;
  std::string bus;
  bool operator==(const DriverFacts&) const = default;
};

class Ethtool {
 public:
  // Opens its socket in the namespace of the calling thread. Throws std::system_error.
  static Ethtool Open();

  // Empty texts where the driver has no answer.
  DriverFacts Driver(const std::string& interface) const;
  // Mbit/s, 0 when unknown.
  uint32_t Speed(const std::string& interface) const;
  // Statistic `peer_ifindex` of a veth, 0 when there is none.
  uint32_t PeerIndex(const std::string& interface) const;
  // Names of the features of every interface; the kernel has one list for all.
  std::vector<std::string> FeatureNames(const std::string& interface) const;
  // One character a feature, '1' where it is active; empty when the driver does not say.
  std::string Features(const std::string& interface, size_t count) const;

 private:
  explicit Ethtool(Descriptor fd) : fd_(std::move(fd)) {}
  bool Call(const std::string& interface, void* data) const;
  uint32_t StringCount(const std::string& interface, uint32_t set) const;
  std::vector<std::string> Strings(const std::string& interface, uint32_t set, uint32_t limit) const;

  Descriptor fd_;
};

}  // namespace skydive::kernel
