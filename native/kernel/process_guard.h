// SPDX-License-Identifier: Apache-2.0
// What a process gives up: capabilities that it has no use for, and core dumps, which would hold its secrets.
#pragma once

#include <cstdint>

namespace skydive::kernel {

// No core is written of this process, and other processes of its user cannot read its memory (prctl(2),
// PR_SET_DUMPABLE; core(5): a limit of 0 alone does not stop a dump that goes to a program). Throws std::system_error.
void ForbidCoreDumps();

// Takes every capability that is not in `keep` (a bit for each number of capabilities(7)) from all threads: also from
// what programs can get that are started from now on. Capabilities that the process lacks stay lacking.
// Throws std::system_error, also when a thread does not answer.
void KeepCapabilities(uint64_t keep);

}  // namespace skydive::kernel
