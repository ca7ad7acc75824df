// SPDX-License-Identifier: Apache-2.0
// Sends the messages of a file over UDP, again and again: flow_datagrams FILE ADDRESS PORT COUNT RATE. The file holds
// messages, each behind its length (uint32). RATE is datagrams a second, 0 for as many as go. Prints what it sent.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

int main(int count, char** words) {
  if (count != 6) return 2;
  std::ifstream file(words[1], std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<iovec> messages;
  for (size_t at = 0; at + 4 <= bytes.size();) {
    uint32_t size;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    messages.push_back({bytes.data() + at + 4, size});
    at += 4 + size;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(uint16_t(std::atoi(words[3])));
  inet_pton(AF_INET, words[2], &to.sin_addr);
  const int file_descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(file_descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) < 0) return 1;
  const size_t wanted = size_t(std::atoll(words[4]));
  const double rate = std::atof(words[5]);
  constexpr size_t kBatch = 64;
  mmsghdr headers[kBatch];
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  size_t sent = 0;
  while (sent < wanted) {
    const size_t batch = std::min(kBatch, wanted - sent);
    for (size_t i = 0; i < batch; ++i) {
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &messages[(sent + i) % messages.size()];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = sendmmsg(file_descriptor, headers, unsigned(batch), 0);
    if (done <= 0) continue;
    sent += size_t(done);
    if (rate > 0) std::this_thread::sleep_until(start + std::chrono::duration<double>(double(sent) / rate));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto secondsOf = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  std::printf("{\"datagrams\":%zu,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", sent, seconds,
              secondsOf(usage.ru_utime) + secondsOf(usage.ru_stime));
}
