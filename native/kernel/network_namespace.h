// SPDX-License-Identifier: Apache-2.0
// Network namespaces: naming one, and doing something inside it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct NamespaceHandle {
  Descriptor fd;
  dev_t device = 0;
  ino_t inode = 0;
};

// Opens /proc/self/ns/net when `path` is empty. Throws std::system_error naming the path and the remedy.
NamespaceHandle OpenNamespace(const std::string& path);

// Runs `action` in that namespace, on a thread of its own: setns changes the calling thread for good. Exceptions of
// `action` come out here.
void InsideNamespace(const NamespaceHandle& where, const std::function<void()>& action);

}  // namespace skydive::kernel
