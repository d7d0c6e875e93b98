// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/inside.h"

#include <cerrno>
#include <fcntl.h>

namespace kiln::sandbox {

Places inside_places(const EnvironmentSpec& spec) {
  Places places;
  places.add("{task}", "/var/task");
  places.add("{runtime}", "/var/runtime");
  places.add("{opt}", "/opt");
  places.add("{runtime_api}", "127.0.0.1:9001");
  places.add("{endpoint}", spec.endpoint.empty() ? "" : "http://169.254.100.1:4566");
  for (const Directory& each : spec.directories) places.add(each.name, each.inside);
  return places;
}

std::uint32_t cpu_thousandths(const EnvironmentSpec& spec) {
  constexpr std::int64_t kMegabytesOfOneCpu = 1769;
  return static_cast<std::uint32_t>(spec.memory_mb * 1000 / kMegabytesOfOneCpu);
}

Status open_directory(const std::string& path, std::vector<Fd>& out) {
  Fd fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("open", path, errno);
  out.push_back(std::move(fd));
  return {};
}

}  // namespace kiln::sandbox
