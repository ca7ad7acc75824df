// SPDX-License-Identifier: Apache-2.0
// Sends packets out of an interface on a thread of its own: forged ones, or those of a capture file.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "injector/forge.h"
#include "kernel/packet_sender.h"

namespace skydive::injector {

struct InjectionOptions {
  std::string interface;
  std::string namespace_path;  // the own one when empty
  PacketShape shape;
  // 56 random letters when empty.
  std::string payload;
  uint64_t count = 1;
  uint64_t interval_ms = 0;
  // After each packet the ICMP identifier, or else the source port, becomes random.
  bool random = false;
  // Random letters that each packet has more than the one before.
  uint64_t increment_payload = 0;
  // Sent one after the other, over and over, instead of forged ones.
  std::vector<std::vector<uint8_t>> frames;
};

struct InjectionStats {
  uint64_t sent = 0;
  uint64_t failed = 0;
  // The last failure.
  std::string error;
};

class Injection {
 public:
  // `done` is called on the thread after the last packet, not when it was stopped. Throws std::system_error naming
  // the interface.
  Injection(InjectionOptions options, std::function<void()> done);
  ~Injection();
  Injection(const Injection&) = delete;
  Injection& operator=(const Injection&) = delete;

  // Returns when nothing more is sent.
  void Stop();
  InjectionStats Stats();

 private:
  void Run();
  // False when it was stopped meanwhile.
  bool Pause();
  void Forged();
  void Send(const std::vector<uint8_t>& frame);
  std::string Letters(uint64_t count);

  InjectionOptions options_;
  kernel::PacketSender sender_;
  std::function<void()> done_;
  std::mt19937 random_{std::random_device{}()};
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  InjectionStats stats_;
  std::thread thread_;
};

}  // namespace skydive::injector
