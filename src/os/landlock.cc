// SPDX-License-Identifier: Apache-2.0
#include "os/landlock.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kiln {
namespace {

// Newer than the headers of Debian 12.
constexpr std::uint64_t kTruncate = 1ULL << 14;             // version 3
constexpr std::uint64_t kDeviceIoctl = 1ULL << 15;          // version 5
constexpr std::uint64_t kScopeAbstractSockets = 1ULL << 0;  // version 6
constexpr std::uint64_t kScopeSignals = 1ULL << 1;

struct Attributes {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

constexpr std::uint64_t kRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// A device node would lead around every rule.
constexpr std::uint64_t kMakeDevices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
// What a rule on a file, not on a directory, may name.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                   LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceIoctl;

std::uint64_t known_files(int version) {
  std::uint64_t all = LANDLOCK_ACCESS_FS_REFER - 1;
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= kTruncate;
  if (version >= 5) all |= kDeviceIoctl;
  return all;
}

Status allow(int ruleset, const char* path, std::uint64_t access) {
  const Fd place(open(path, O_PATH | O_CLOEXEC));
  if (!place && errno == ENOENT) return {};
  struct stat found{};
  if (!place || fstat(place.get(), &found) != 0) return fail_errno("open", path, errno);
  if (!S_ISDIR(found.st_mode)) access &= kOfFiles;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = place.get();
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return fail_errno("landlock_add_rule", path, errno);
  }
  return {};
}

}  // namespace

int landlock_version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, 1 /*VERSION*/);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<Fd> make_file_rules(const LandlockRules& rules) {
  const int version = landlock_version();
  if (version == 0) {
    return fail(ErrorCode::kNotFound,
                "the kernel has no Landlock: boot with lsm=landlock,... to use it");
  }
  const std::uint64_t all = known_files(version);
  const Attributes attributes{all, 0, kScopeAbstractSockets | kScopeSignals};
  // A kernel refuses what it does not know: the size says how much we speak of.
  const std::size_t size = version >= 6 ? sizeof attributes : sizeof attributes.files;
  Fd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return fail_errno("landlock_create_ruleset", "", errno);
  for (const auto& path : rules.read) {
    KILN_TRY_VOID(allow(ruleset.get(), path.c_str(), kRead & all));
  }
  for (const auto& path : rules.write) {
    KILN_TRY_VOID(allow(ruleset.get(), path.c_str(), all & ~kMakeDevices));
  }
  return ruleset;
}

Status allow_own_proc(int file_rules) { return allow(file_rules, "/proc/self", kRead); }

Status confine_files(int file_rules) {
  if (syscall(SYS_landlock_restrict_self, file_rules, 0) != 0) {
    return fail_errno("landlock_restrict_self", "", errno);
  }
  return {};
}

}  // namespace kiln
