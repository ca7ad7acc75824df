// SPDX-License-Identifier: Apache-2.0
#include "kernel/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>

namespace skydive::kernel {

NamespaceHandle OpenNamespace(const std::string& path) {
  const std::string name = path.empty() ? "/proc/self/ns/net" : path;
  NamespaceHandle handle{Descriptor(open(name.c_str(), O_RDONLY | O_CLOEXEC)), 0, 0};
  struct stat facts{};
  if (!handle.fd || fstat(handle.fd.get(), &facts) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot open the network namespace " + name);
  }
  handle.device = facts.st_dev;
  handle.inode = facts.st_ino;
  return handle;
}

void InsideNamespace(const NamespaceHandle& where, const std::function<void()>& action) {
  std::exception_ptr failure;
  std::thread inside([&] {
    try {
      struct stat own{};
      // Entering the namespace one is in needs a privilege too: without root the own one must still work.
      bool here = stat("/proc/thread-self/ns/net", &own) == 0 && own.st_dev == where.device &&
                  own.st_ino == where.inode;
      if (!here && setns(where.fd.get(), CLONE_NEWNET) < 0) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot enter the network namespace (needs CAP_SYS_ADMIN)");
      }
      action();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  inside.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace skydive::kernel
