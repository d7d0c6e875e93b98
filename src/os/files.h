// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small files of the kernel (/proc, /sys, cgroups) and directories. Errors name call and path.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln {

// `flags` are added to O_CLOEXEC.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);
// One write() of the whole text into an existing file.
Status write_file(const std::string& path, std::string_view text);
// Creates or truncates the file first.
Status create_file(const std::string& path, std::string_view text, unsigned mode = 0644);
// At most 64 KiB.
Result<std::string> read_file(const std::string& path);
// Of the host, in bytes; both 0 when unknown. `available`: what processes can still get without
// anything being swapped out.
struct HostMemory {
  std::int64_t total = 0;
  std::int64_t available = 0;
};
HostMemory host_memory();
// The first number in the file.
Result<std::int64_t> read_number(const std::string& path);
// The number behind a key of a "key value" file ("oom_kill 3"); 0 when the key is not there.
std::int64_t keyed_number(std::string_view text, std::string_view key);
// All missing parents too. An existing directory is fine.
Status make_directories(const std::string& path, unsigned mode = 0755);

}  // namespace kiln
