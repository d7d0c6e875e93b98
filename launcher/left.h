// SPDX-License-Identifier: Apache-2.0
#pragma once
// What rounds of environments could leave behind, for tests: of one launcher and of this process
// only, because other servers may run on the host meanwhile.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace kiln::launcher {

// How the names of the launcher's interfaces begin.
inline std::string interface_prefix(pid_t launcher) {
  std::set<std::string> sockets;
  std::error_code gone;
  std::filesystem::directory_iterator at("/proc/" + std::to_string(launcher) + "/fd", gone), end;
  for (; at != end; at.increment(gone)) {
    sockets.insert(std::filesystem::read_symlink(at->path(), gone).string());
  }
  std::ifstream names("/proc/net/unix");
  for (std::string line; std::getline(names, line);) {
    std::istringstream words(line);
    std::string skip, inode, name;
    words >> skip >> skip >> skip >> skip >> skip >> skip >> inode >> name;
    constexpr std::string_view kRange = "@kiln-launcher-range-";
    if (name.starts_with(kRange) && sockets.contains("socket:[" + inode + "]")) {
      return "kiln" + name.substr(kRange.size()) + "-";
    }
  }
  return "kiln";
}

struct Left {
  int mounts = 0;
  int interfaces = 0;
  int groups = 0;
  int loops = 0;
  int children = 0;
  int own_children = 0;
  int descriptors = 0;
  int own_descriptors = 0;
  int files = 0;
  bool operator==(const Left&) const = default;

  // `state`: the folder that the launcher was given. Others come and go with mounts of network
  // namespaces (`ip netns`).
  static Left of(pid_t launcher, const std::string& state) {
    const std::string proc = "/proc/" + std::to_string(launcher);
    Left left;
    left.mounts = lines("/proc/self/mountinfo", "", "netns");
    left.interfaces = lines("/proc/net/dev", interface_prefix(launcher));
    left.groups = groups_of(launcher);
    for (const auto& each : std::filesystem::directory_iterator("/sys/block")) {
      left.loops += lines(each.path().string() + "/loop/backing_file", state);
    }
    left.children = words(proc + "/task/" + std::to_string(launcher) + "/children");
    left.own_children = words("/proc/thread-self/children");
    left.descriptors = entries(proc + "/fd");
    left.own_descriptors = entries("/proc/self/fd");
    left.files = entries(state);
    return left;
  }

  friend void PrintTo(const Left& left, std::ostream* out) {
    *out << "mounts " << left.mounts << ", interfaces " << left.interfaces << ", groups "
         << left.groups << ", loop devices " << left.loops << ", children " << left.children
         << " and " << left.own_children << ", descriptors " << left.descriptors << " and "
         << left.own_descriptors << ", files " << left.files;
  }

 private:
  static int entries(const std::string& folder) {
    int count = 0;
    std::error_code gone;
    std::filesystem::recursive_directory_iterator at(folder, gone), end;
    for (; at != end; at.increment(gone)) ++count;
    return count;
  }
  static int lines(const std::string& path, const std::string& with,
                   const std::string& without = "\n") {
    std::ifstream file(path);
    int count = 0;
    for (std::string line; std::getline(file, line);) {
      count += line.contains(with) && !line.contains(without) ? 1 : 0;
    }
    return count;
  }
  static int words(const std::string& path) {
    std::ifstream file(path);
    int count = 0;
    for (std::string word; file >> word;) ++count;
    return count;
  }
  static int groups_of(pid_t launcher) {
    int count = 0;
    const std::string mark = "/kiln/" + std::to_string(launcher) + "-";
    std::error_code gone;
    std::filesystem::recursive_directory_iterator at("/sys/fs/cgroup", gone), end;
    for (; at != end; at.increment(gone)) {
      if (gone) break;
      count += at->is_directory(gone) && at->path().string().contains(mark) ? 1 : 0;
    }
    return count;
  }
};

}  // namespace kiln::launcher
