// SPDX-License-Identifier: Apache-2.0
#include "kernel/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace skydive::kernel {
namespace {

// A command with its trailing array: `count` bytes after the fixed part, zeroed.
template <typename T>
std::vector<uint64_t> Allocate(size_t bytes) {
  return std::vector<uint64_t>((sizeof(T) + bytes + 7) / 8);
}

// Guards against a driver that reports nonsense; real sets have some hundred entries.
constexpr uint32_t kMostStrings = 16384;

// The kernel writes as many strings or statistics as the driver has at that moment, whatever the caller reserved
// (the device behind a name may change between the calls), so these answers go to a room for the largest set. It is
// not zeroed: only the pages that are written exist.
uint8_t* LargestAnswer() {
  constexpr size_t kBytes = sizeof(ethtool_gstrings) + static_cast<size_t>(kMostStrings) * ETH_GSTRING_LEN;
  thread_local std::unique_ptr<uint64_t[]> room(new uint64_t[kBytes / 8 + 1]);
  return reinterpret_cast<uint8_t*>(room.get());
}

std::string Text(const char* text, size_t size) { return {text, strnlen(text, size)}; }

}  // namespace

Ethtool Ethtool::Open() {
  Descriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) fd.Reset(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) throw std::system_error(errno, std::generic_category(), "cannot open a socket for ethtool");
  return Ethtool(std::move(fd));
}

bool Ethtool::Call(const std::string& interface, void* data) const {
  ifreq request{};
  if (interface.size() >= sizeof(request.ifr_name)) return false;
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  request.ifr_data = static_cast<char*>(data);
  return ioctl(fd_.get(), SIOCETHTOOL, &request) == 0;
}

DriverFacts Ethtool::Driver(const std::string& interface) const {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!Call(interface, &info)) return {};
  return {Text(info.driver, sizeof(info.driver)), Text(info.bus_info, sizeof(info.bus_info))};
}

uint32_t Ethtool::Speed(const std::string& interface) const {
  // The first call answers how many words the link mode masks have, as a negative number.
  ethtool_link_settings probe{};
  probe.cmd = ETHTOOL_GLINKSETTINGS;
  if (!Call(interface, &probe) || probe.link_mode_masks_nwords >= 0) return 0;
  int words = -probe.link_mode_masks_nwords;
  auto memory = Allocate<ethtool_link_settings>(static_cast<size_t>(words) * 3 * sizeof(uint32_t));
  auto* settings = reinterpret_cast<ethtool_link_settings*>(memory.data());
  settings->cmd = ETHTOOL_GLINKSETTINGS;
  settings->link_mode_masks_nwords = static_cast<int8_t>(words);
  if (!Call(interface, settings)) return 0;
  return settings->speed == static_cast<uint32_t>(SPEED_UNKNOWN) ? 0 : settings->speed;
}

uint32_t Ethtool::StringCount(const std::string& interface, uint32_t set) const {
  auto memory = Allocate<ethtool_sset_info>(sizeof(uint32_t));
  auto* info = reinterpret_cast<ethtool_sset_info*>(memory.data());
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = 1ULL << set;
  if (!Call(interface, info) || info->sset_mask == 0) return 0;
  uint32_t count = 0;
  std::memcpy(&count, reinterpret_cast<uint8_t*>(memory.data()) + sizeof(ethtool_sset_info), sizeof(count));
  return std::min(count, kMostStrings);
}

std::vector<std::string> Ethtool::Strings(const std::string& interface, uint32_t set, uint32_t limit) const {
  uint32_t count = StringCount(interface, set);
  if (count == 0) return {};
  auto* memory = LargestAnswer();
  auto* strings = reinterpret_cast<ethtool_gstrings*>(memory);
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = set;
  strings->len = count;
  if (!Call(interface, strings)) return {};
  std::vector<std::string> names;
  for (uint32_t i = 0; i < std::min({strings->len, count, limit}); ++i) {
    const auto* text = reinterpret_cast<const char*>(memory) + sizeof(ethtool_gstrings);
    names.push_back(Text(text + static_cast<size_t>(i) * ETH_GSTRING_LEN, ETH_GSTRING_LEN));
  }
  return names;
}

uint32_t Ethtool::PeerIndex(const std::string& interface) const {
  auto names = Strings(interface, ETH_SS_STATS, kMostStrings);
  auto found = std::find(names.begin(), names.end(), "peer_ifindex");
  if (found == names.end()) return 0;
  auto* memory = LargestAnswer();
  auto* stats = reinterpret_cast<ethtool_stats*>(memory);
  stats->cmd = ETHTOOL_GSTATS;
  stats->n_stats = static_cast<uint32_t>(names.size());
  if (!Call(interface, stats) || stats->n_stats != names.size()) return 0;
  uint64_t value = 0;
  const auto* first = memory + sizeof(ethtool_stats);
  std::memcpy(&value, first + static_cast<size_t>(found - names.begin()) * sizeof(value), sizeof(value));
  return static_cast<uint32_t>(value);
}

std::vector<std::string> Ethtool::FeatureNames(const std::string& interface) const {
  return Strings(interface, ETH_SS_FEATURES, kMostStrings);
}

std::string Ethtool::Features(const std::string& interface, size_t count) const {
  size_t blocks = (count + 31) / 32;
  if (blocks == 0) return {};
  auto memory = Allocate<ethtool_gfeatures>(blocks * sizeof(ethtool_get_features_block));
  auto* features = reinterpret_cast<ethtool_gfeatures*>(memory.data());
  features->cmd = ETHTOOL_GFEATURES;
  features->size = static_cast<uint32_t>(blocks);
  if (!Call(interface, features)) return {};
  std::string bits(count, '0');
  const auto* first = reinterpret_cast<uint8_t*>(memory.data()) + sizeof(ethtool_gfeatures);
  for (size_t i = 0; i < count; ++i) {
    ethtool_get_features_block block;
    std::memcpy(&block, first + i / 32 * sizeof(block), sizeof(block));
    if (block.active >> (i % 32) & 1) bits[i] = '1';
  }
  return bits;
}

}  // namespace skydive::kernel
