// SPDX-License-Identifier: Apache-2.0
// What the distribution's libstdc++ takes from a glibc newer than the one that hosts need to have. Hidden: it serves the
// addon alone.
#include <sys/random.h>

// glibc 2.36; std::random_device.
__attribute__((visibility("hidden"))) unsigned arc4random(void) {
  unsigned number = 0;
  while (getrandom(&number, sizeof number, 0) != sizeof number) {
  }
  return number;
}
