// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime_locations.h"

#include <cstdlib>
#include <filesystem>

namespace kiln::cli {

namespace fs = std::filesystem;

invoke::RuntimeLocations find_runtime_locations() {
  invoke::RuntimeLocations locations;
  locations.bundled = "/usr/lib/kiln/runtimes";
  locations.cache = "/var/cache/kiln";
  locations.python_search = {"/usr/local/bin", "/usr/bin"};
  std::error_code ec;
  for (fs::path folder = fs::read_symlink("/proc/self/exe", ec).parent_path();
       !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "runtimes/python/bootstrap.py", ec)) {
      locations.bundled = (folder / "runtimes").string();
      locations.cache = (folder / ".cache").string();
      break;
    }
  }
  if (const char* value = std::getenv("KILN_RUNTIMES_DIR")) locations.bundled = value;
  if (const char* value = std::getenv("KILN_CACHE_DIR")) locations.cache = value;
  return locations;
}

std::string find_programs() {
  std::error_code ec;
  const fs::path own = fs::read_symlink("/proc/self/exe", ec).parent_path();
  return (fs::exists(own / "kiln-launcher", ec) ? own : own / "launcher").string();
}

}  // namespace kiln::cli
