// SPDX-License-Identifier: Apache-2.0
#include "flow/store/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "flow/store/segment_format.h"

namespace skydive::flow::store {
namespace {

struct BlockHead {
  uint32_t magic;
  uint32_t flows;
  uint64_t size;  // of what follows
  int64_t arrived_ms;
  uint64_t checksum;  // of the head with 0 here, and of what follows
};
static_assert(sizeof(BlockHead) == 32);

constexpr uint32_t kMagic = 0x4c464b53;
constexpr size_t kChecksumAt = offsetof(BlockHead, checksum);

[[noreturn]] void Fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void WriteAll(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("cannot write " + path);
    bytes.remove_prefix(size_t(written));
  }
}

// Reads the blocks that are whole; returns where they end.
size_t ReadBlocks(std::string_view bytes, const std::function<void(int64_t, std::string_view)>& read) {
  size_t at = 0;
  std::string copy;
  while (bytes.size() - at >= sizeof(BlockHead)) {
    BlockHead head;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    if (head.magic != kMagic || head.size > bytes.size() - at - sizeof head) break;
    copy.assign(bytes, at, sizeof head + head.size);
    std::memset(copy.data() + kChecksumAt, 0, sizeof head.checksum);
    if (Checksum(copy) != head.checksum) break;
    std::string_view rest = std::string_view(copy).substr(sizeof head);
    for (uint32_t i = 0; i < head.flows && rest.size() >= sizeof(uint32_t); ++i) {
      uint32_t size;
      std::memcpy(&size, rest.data(), sizeof size);
      rest.remove_prefix(sizeof size);
      if (size > rest.size()) break;
      read(head.arrived_ms, rest.substr(0, size));
      rest.remove_prefix(size);
    }
    at += sizeof head + head.size;
  }
  return at;
}

}  // namespace

Log::Log(Log&& other) noexcept { *this = std::move(other); }

Log& Log::operator=(Log&& other) noexcept {
  if (this == &other) return *this;
  Close();
  path_ = std::move(other.path_);
  file_ = std::exchange(other.file_, -1);
  size_ = other.size_;
  block_ = std::move(other.block_);
  return *this;
}

void Log::Close() {
  if (file_ >= 0) close(std::exchange(file_, -1));
}

Log Log::Create(const std::string& path) {
  Log log;
  log.path_ = path;
  log.file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
  if (log.file_ < 0) Fail("cannot make " + path);
  return log;
}

Log Log::Resume(const std::string& path, const std::function<void(int64_t, std::string_view)>& read,
                uint64_t& cut) {
  Log log;
  log.path_ = path;
  log.file_ = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (log.file_ < 0) Fail("cannot open " + path);
  struct stat facts;
  if (fstat(log.file_, &facts) < 0) Fail("cannot read " + path);
  const auto size = size_t(facts.st_size);
  if (size > 0) {
    void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, log.file_, 0);
    if (map == MAP_FAILED) Fail("cannot read " + path);
    log.size_ = ReadBlocks({static_cast<const char*>(map), size}, read);
    munmap(map, size);
  }
  cut = size - log.size_;
  if (cut > 0 && ftruncate(log.file_, off_t(log.size_)) < 0) Fail("cannot shorten " + path);
  return log;
}

void Log::Append(int64_t arrived_ms, std::span<const std::string_view> flows) {
  BlockHead head{kMagic, uint32_t(flows.size()), 0, arrived_ms, 0};
  block_.assign(sizeof head, '\0');
  for (const std::string_view flow : flows) {
    const auto size = uint32_t(flow.size());
    block_.append(reinterpret_cast<const char*>(&size), sizeof size);
    block_ += flow;
  }
  head.size = block_.size() - sizeof head;
  std::memcpy(block_.data(), &head, sizeof head);
  head.checksum = Checksum(block_);
  std::memcpy(block_.data(), &head, sizeof head);
  try {
    WriteAll(file_, block_, path_);
  } catch (...) {
    // What was written of it must not stand before the next block.
    if (ftruncate(file_, off_t(size_)) < 0) Close();
    throw;
  }
  size_ += block_.size();
}

void Log::Sync() {
  if (fdatasync(file_) < 0) Fail("cannot write " + path_);
}

void WriteWhole(const std::string& path, std::string_view bytes) {
  const std::string draft = path + ".draft";
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) Fail("cannot make " + draft);
  try {
    WriteAll(file, bytes, draft);
    if (fsync(file) < 0) Fail("cannot write " + draft);
  } catch (...) {
    close(file);
    unlink(draft.c_str());
    throw;
  }
  close(file);
  if (rename(draft.c_str(), path.c_str()) < 0) Fail("cannot rename " + draft);
  SyncFolder(path.substr(0, path.find_last_of('/')));
}

void SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) Fail("cannot open " + folder);
  const int result = fsync(file);
  const int reason = errno;
  close(file);
  if (result < 0) throw std::system_error(reason, std::generic_category(), "cannot write " + folder);
}

}  // namespace skydive::flow::store
