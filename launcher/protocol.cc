// SPDX-License-Identifier: Apache-2.0
#include "launcher/protocol.h"

#include "launcher/restrict.h"

#include <bitset>
#include <string>

namespace kiln::launcher {
namespace {

constexpr std::uint32_t kMaxTmpMb = 10240;  // AWS: EphemeralStorage is at most 10,240 MB
constexpr std::uint32_t kMaxDescriptorNumber = 63;

std::unexpected<Error> refuse(std::string why) {
  return fail(ErrorCode::kInvalidArgument, std::move(why));
}

Status check_path(const std::string& path, const char* what) {
  if (!path.starts_with('/') || path.size() > 4095 || (path + "/").contains("/../")) {
    return refuse(std::string(what) + " must be an absolute path without \"..\": " + path);
  }
  return {};
}

Status check_target(const std::string& path) {
  KILN_TRY_VOID(check_path(path, "mount target"));
  for (const char* own : {"/proc/", "/dev/", "/tmp/", "/etc/", "/usr/"}) {
    if ((path + "/").starts_with(own)) return refuse("nothing can be mounted at " + path);
  }
  if (path.find_first_not_of('/') == std::string::npos) return refuse("nothing can replace /");
  return {};
}

Status check_environment(std::uint32_t environment) {
  if (environment < kMaxEnvironments) return {};
  return refuse("environment " + std::to_string(environment) + " is not below " +
                std::to_string(kMaxEnvironments));
}

// `others`: descriptors beside those of the mounts.
Status check_mounts(const std::vector<Mount>& mounts, std::size_t others, std::size_t descriptors) {
  std::size_t expected = others;
  for (const auto& mount : mounts) {
    KILN_TRY_VOID(check_target(mount.target));
    if (mount.directories < 1) return refuse("a mount without a directory: " + mount.target);
    expected += mount.directories;
  }
  if (expected == descriptors) return {};
  return refuse(std::to_string(expected) + " descriptors are announced, " +
                std::to_string(descriptors) + " came");
}

}  // namespace

Result<Type> type_of(std::string_view packet) {
  if (packet.size() < 4) return refuse("a packet of " + std::to_string(packet.size()) + " bytes");
  Reader reader(packet.substr(0, 4));
  std::uint16_t version = 0;
  std::uint16_t type = 0;
  reader(version);
  reader(type);
  if (version != kProtocolVersion) {
    return refuse("the other side speaks version " + std::to_string(version) + ", this one " +
                  std::to_string(kProtocolVersion) + ": install both from one release");
  }
  return static_cast<Type>(type);
}

Status check(const Make& make) {
  KILN_TRY_VOID(check_environment(make.environment));
  if (make.tmp_mb < 1 || make.tmp_mb > kMaxTmpMb) {
    return refuse("/tmp of " + std::to_string(make.tmp_mb) + " MB: 1 to 10240 are possible");
  }
  return {};
}

Status check(const Start& start, std::size_t descriptors) {
  KILN_TRY_VOID(check_environment(start.environment));
  if (start.argv.empty()) return refuse("no command");
  if (start.zygote == kNoZygote) {
    KILN_TRY_VOID(check_path(start.argv[0], "command"));
  }
  if (!start.directory.empty()) {
    KILN_TRY_VOID(check_path(start.directory, "working directory"));
  }
  KILN_TRY_VOID(check_mounts(start.mounts, start.descriptors.size(), descriptors));
  std::bitset<kMaxDescriptorNumber + 1> used;
  for (const auto number : start.descriptors) {
    if (number > kMaxDescriptorNumber || used[number]) {
      return refuse("descriptor number " + std::to_string(number) + " is too large or used twice");
    }
    used.set(number);
  }
  return {};
}

Status check(const Adopt& adopt, std::size_t descriptors) {
  KILN_TRY_VOID(check_environment(adopt.environment));
  for (const auto& target : adopt.removed) {
    KILN_TRY_VOID(check_target(target));
  }
  return check_mounts(adopt.mounts, 0, descriptors);
}

Status check(const Restrict& restrict) {
  KILN_TRY_VOID(check_environment(restrict.environment));
  if (restrict.networks.size() > kMaxNetworks) {
    return refuse(std::to_string(restrict.networks.size()) +
                  " networks: " + std::to_string(kMaxNetworks) + " are possible");
  }
  if (is_normal({restrict.networks.begin(), restrict.networks.end()})) return {};
  return refuse("the networks are not in order, or one is within another");
}

}  // namespace kiln::launcher
