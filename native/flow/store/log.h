// SPDX-License-Identifier: Apache-2.0
// The log of a window: the flows as they came, in blocks with checksums, appended before they count. What a
// crash left of a last block is recognised and cut off.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace skydive::flow::store {

class Log {
 public:
  Log() = default;
  ~Log() { Close(); }
  Log(Log&& other) noexcept;
  Log& operator=(Log&& other) noexcept;

  // A new one. Throws std::system_error.
  static Log Create(const std::string& path);
  // Reads what is there, in order, `read(arrived_ms, flow)` for each flow, and goes on behind it. Throws
  // std::system_error. `cut` is what was no block at its end.
  static Log Resume(const std::string& path, const std::function<void(int64_t, std::string_view)>& read,
                    uint64_t& cut);

  // Throws std::system_error; nothing of the block is there then.
  void Append(int64_t arrived_ms, std::span<const std::string_view> flows);
  // Forces what was appended to the disk. Throws std::system_error.
  void Sync();
  void Close();

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  bool open() const { return file_ >= 0; }

 private:
  std::string path_;
  int file_ = -1;
  uint64_t size_ = 0;
  std::string block_;
};

// Writes a file so that it is there whole or not at all, also after a power failure. Throws
// std::system_error.
void WriteWhole(const std::string& path, std::string_view bytes);
// Makes the names in a folder last. Throws std::system_error.
void SyncFolder(const std::string& folder);

}  // namespace skydive::flow::store
