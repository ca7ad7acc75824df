// SPDX-License-Identifier: Apache-2.0
#include "injector/injection.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

namespace skydive::injector {
namespace {

constexpr uint64_t kPayloadBytes = 56;
// More fits into no packet.
constexpr uint64_t kMostLetters = 65535;

}  // namespace

Injection::Injection(InjectionOptions options, std::function<void()> done)
    : options_(std::move(options)), sender_(options_.interface, options_.namespace_path), done_(std::move(done)) {
  if (options_.payload.empty()) options_.payload = Letters(kPayloadBytes);
  thread_ = std::thread([this] { Run(); });
}

Injection::~Injection() { Stop(); }

void Injection::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

InjectionStats Injection::Stats() {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Injection::Run() {
  for (uint64_t i = 0; i < options_.count; ++i) {
    if (i > 0 && !Pause()) return;
    if (options_.frames.empty()) {
      Forged();
    } else {
      Send(options_.frames[i % options_.frames.size()]);
    }
  }
  done_();
}

bool Injection::Pause() {
  std::unique_lock lock(mutex_);
  stopping_.wait_for(lock, std::chrono::milliseconds(options_.interval_ms), [this] { return stopped_; });
  return !stopped_;
}

void Injection::Forged() {
  PacketShape& shape = options_.shape;
  try {
    Send(Forge(shape, options_.payload, uint32_t(random_())));
  } catch (const std::exception& failure) {
    const std::lock_guard lock(mutex_);
    ++stats_.failed;
    stats_.error = failure.what();
    // It would only grow.
    return;
  }
  options_.payload += Letters(std::min(options_.increment_payload, kMostLetters));
  if (!options_.random) return;
  const auto value = std::uniform_int_distribution<uint32_t>(1, 65534)(random_);
  (shape.transport == Transport::kIcmp ? shape.icmp_id : shape.source_port) = uint16_t(value);
}

void Injection::Send(const std::vector<uint8_t>& frame) {
  const bool sent = sender_.Send(frame);
  const int why = errno;
  const std::lock_guard lock(mutex_);
  if (sent) {
    ++stats_.sent;
  } else {
    ++stats_.failed;
    stats_.error = std::strerror(why);
  }
}

std::string Injection::Letters(uint64_t count) {
  constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::uniform_int_distribution<size_t> any(0, sizeof kLetters - 2);
  std::string letters;
  for (uint64_t i = 0; i < count; ++i) letters += kLetters[any(random_)];
  return letters;
}

}  // namespace skydive::injector
