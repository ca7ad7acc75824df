// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_guard.h"

#include <dirent.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <system_error>

namespace skydive::kernel {
namespace {

// The signal that glibc keeps for changing the identity of all threads (nptl, SIGSETXID): no thread can block it, not
// even those of node that block everything else. glibc uses it for nothing but setuid(2) and the like.
constexpr int kAllThreadsSignal = 33;
constexpr int kLastCapability = 63;
constexpr int kThreadTimeoutMs = 2000;

// The kernel's own structure: glibc's sigaction() refuses signal 33.
struct KernelAction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};

std::atomic<uint64_t> wanted{0};
std::atomic<bool> refused{false};

[[noreturn]] void Fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Capabilities belong to threads (capabilities(7)): each has to give up its own. Nothing but system calls: this also
// runs within a signal.
bool ReduceThisThread(uint64_t keep) {
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    // EPERM without CAP_SETPCAP: what such a process can get is bounded by what it has.
    if ((keep >> capability & 1) == 0 && prctl(PR_CAPBSET_READ, capability) == 1) {
      prctl(PR_CAPBSET_DROP, capability);
    }
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) < 0) return false;
  for (int half = 0; half < 2; ++half) {
    auto mask = static_cast<uint32_t>(keep >> (32 * half));
    sets[half].effective &= mask;
    sets[half].permitted &= mask;
    sets[half].inheritable &= mask;
  }
  return syscall(SYS_capset, &header, sets) == 0;
}

void OnSignal(int) {
  const int before = errno;
  if (!ReduceThisThread(wanted.load())) refused = true;
  errno = before;
}

int RawAction(int number, const KernelAction* next, KernelAction* before) {
  return static_cast<int>(syscall(SYS_rt_sigaction, number, next, before, sizeof(uint64_t)));
}

// Puts our handler on the signal while it lives. The code that returns from a handler is glibc's: it is read from a
// signal that glibc lets us set.
class HandlerOfAllThreads {
 public:
  HandlerOfAllThreads() {
    struct sigaction ours{};
    struct sigaction others{};
    ours.sa_handler = OnSignal;
    ours.sa_flags = SA_RESTART;
    sigfillset(&ours.sa_mask);
    if (sigaction(SIGRTMAX, &ours, &others) < 0) Fail("cannot set a signal handler");
    KernelAction action{};
    const bool read = RawAction(SIGRTMAX, nullptr, &action) == 0;
    sigaction(SIGRTMAX, &others, nullptr);
    if (!read || RawAction(kAllThreadsSignal, &action, &before_) < 0) Fail("cannot set a signal handler");
  }
  ~HandlerOfAllThreads() { RawAction(kAllThreadsSignal, &before_, nullptr); }
  HandlerOfAllThreads(const HandlerOfAllThreads&) = delete;
  HandlerOfAllThreads& operator=(const HandlerOfAllThreads&) = delete;

 private:
  KernelAction before_{};
};

// Whether a thread of this process may still use what it should not; false also for one that has ended.
bool HasMoreThan(pid_t thread, uint64_t keep) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapPrm:")) return (std::strtoull(line.c_str() + 7, nullptr, 16) & ~keep) != 0;
  }
  return false;
}

std::set<pid_t> OtherThreadsWithMoreThan(uint64_t keep) {
  std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  if (!tasks) Fail("cannot list the threads of this process");
  std::set<pid_t> threads;
  while (const dirent* entry = readdir(tasks.get())) {
    const pid_t thread = std::atoi(entry->d_name);
    if (thread > 0 && thread != gettid() && HasMoreThan(thread, keep)) threads.insert(thread);
  }
  return threads;
}

}  // namespace

void ForbidCoreDumps() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) < 0) Fail("cannot forbid core dumps");
  if (prctl(PR_SET_DUMPABLE, 0) < 0) Fail("cannot forbid core dumps");
}

void KeepCapabilities(uint64_t keep) {
  wanted = keep;
  refused = false;
  HandlerOfAllThreads handler;
  if (!ReduceThisThread(keep)) Fail("cannot give up capabilities");
  std::set<pid_t> told;
  // Looked at again until there is none: a thread may make another one before it has heard.
  for (int waitedMs = 0;; ++waitedMs) {
    const std::set<pid_t> threads = OtherThreadsWithMoreThan(keep);
    if (threads.empty()) return;
    if (refused || waitedMs > kThreadTimeoutMs) {
      errno = refused ? EPERM : ETIMEDOUT;
      Fail("a thread does not give up its capabilities");
    }
    for (pid_t thread : threads) {
      if (told.insert(thread).second) syscall(SYS_tgkill, getpid(), thread, kAllThreadsSignal);
    }
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace skydive::kernel
