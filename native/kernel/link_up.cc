// SPDX-License-Identifier: Apache-2.0
#include "kernel/link_up.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "kernel/descriptor.h"
#include "kernel/network_namespace.h"

namespace skydive::kernel {
namespace {

// netdevice(7): the flags are read and written with the same structure.
void SetUpHere(const std::string& interface) {
  const auto fail = [&] { throw std::system_error(errno, std::generic_category(), "cannot set up " + interface); };
  ifreq request{};
  if (interface.empty() || interface.size() >= sizeof request.ifr_name) {
    errno = EINVAL;
    fail();
  }
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  Descriptor socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd || ioctl(socket_fd.get(), SIOCGIFFLAGS, &request) < 0) fail();
  if ((request.ifr_flags & IFF_UP) != 0) return;
  request.ifr_flags = short(request.ifr_flags | IFF_UP);
  if (ioctl(socket_fd.get(), SIOCSIFFLAGS, &request) < 0) fail();
}

}  // namespace

void SetLinkUp(const std::string& interface, const std::string& namespace_path) {
  InsideNamespace(OpenNamespace(namespace_path), [&] { SetUpHere(interface); });
}

}  // namespace skydive::kernel
