// SPDX-License-Identifier: Apache-2.0
// How a store finds what is in its folder.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <system_error>

#include "flow/store/store.h"

namespace skydive::flow::store {
namespace {

// The number of `00000001.log` and the like; 0 for other names.
uint32_t SequenceOf(const std::string& name, const std::string& kind) {
  if (name.size() != 8 + kind.size() || name.compare(8, kind.size(), kind) != 0) return 0;
  uint32_t sequence = 0;
  for (size_t i = 0; i < 8; ++i) {
    if (name[i] < '0' || name[i] > '9') return 0;
    sequence = sequence * 10 + uint32_t(name[i] - '0');
  }
  return sequence;
}

}  // namespace

void Store::Lock() {
  const std::string path = options_.folder + "/lock";
  lock_file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_file_ < 0) throw std::system_error(errno, std::generic_category(), "cannot make " + path);
  if (flock(lock_file_, LOCK_EX | LOCK_NB) == 0) return;
  close(lock_file_);
  throw std::runtime_error("another process has it");
}

// The list of windows is the folder itself: a segment is there whole or not at all, and its log goes
// afterwards.
void Store::Recover() {
  std::set<uint32_t> segments, logs;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    const std::string name = entry.path().filename();
    if (const uint32_t sequence = SequenceOf(name, ".segment")) segments.insert(sequence);
    if (const uint32_t sequence = SequenceOf(name, ".log")) logs.insert(sequence);
    if (name.ends_with(".draft")) unlink(entry.path().c_str());
  }
  std::set<uint32_t> all = segments;
  all.insert(logs.begin(), logs.end());
  for (const uint32_t sequence : all) {
    const std::string segment = PathOf(sequence, ".segment");
    const std::string log = PathOf(sequence, ".log");
    sequence_ = sequence;
    if (segments.contains(sequence)) {
      auto window = std::make_shared<Window>();
      window->sequence = sequence;
      try {
        window->segment = Segment::Map(segment);
        window->written = true;
        Adopt(window);
        if (logs.contains(sequence)) unlink(log.c_str());
        continue;
      } catch (const std::exception& failure) {
        SetAside(segment, failure.what());
      }
      if (!logs.contains(sequence)) continue;
    }
    memory_ = std::make_unique<MemoryWindow>();
    uint64_t cut = 0;
    FlowView flow;
    log_ = std::make_shared<Log>(Log::Resume(
        log,
        [&](int64_t arrived_ms, std::string_view bytes) {
          if (ReadFlow(bytes, flow) && !flow.uuid.empty()) Set(flow, arrived_ms);
        },
        cut));
    status_.cut += cut;
    // The last one is gone on with.
    if (sequence != *all.rbegin()) Roll();
  }
  if (!memory_) {
    if (!all.empty()) ++sequence_;
    Begin(sequence_);
  }
  log_bytes_ = log_->size();
}

// A closed window joins the others.
void Store::Adopt(const std::shared_ptr<Window>& window) {
  if (window->segment) {
    const Segment& segment = *window->segment;
    window->max_last_ms = segment.rows() == 0 ? INT64_MIN : segment.Greatest(Column::kLast);
    window->arrived_first_ms = segment.head().arrived_first_ms;
    window->bytes = segment.size();
    window->replaced = Bits(segment.rows(), false);
    status_.flows += segment.rows();
    for (uint32_t i = 0; i < segment.replaced(); ++i) {
      const auto sequence = uint32_t(segment.Number(Column::kReplacedSegment, i));
      const auto row = uint32_t(segment.Number(Column::kReplacedRow, i));
      const auto older = std::lower_bound(
          windows_.begin(), windows_.end(), sequence,
          [](const auto& candidate, uint32_t wanted) { return candidate->sequence < wanted; });
      if (older == windows_.end() || (*older)->sequence != sequence) continue;
      if (row >= (*older)->replaced.size() || (*older)->replaced[row]) continue;
      (*older)->replaced.Set(row);
      --status_.flows;
    }
  }
  window->max_last_so_far_ms = window->max_last_ms;
  if (!windows_.empty()) {
    window->max_last_so_far_ms = std::max(window->max_last_so_far_ms, windows_.back()->max_last_so_far_ms);
  }
  windows_.push_back(window);
}

}  // namespace skydive::flow::store
