// SPDX-License-Identifier: Apache-2.0
#include "os/cgroup.h"

#include "os/files.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <sstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln {
namespace {

// Controllers of version 1 ("memory"), or "" for version 2, to a mount point or a group's path.
using Places = std::map<std::string, std::string>;

Places mounted_hierarchies() {
  Places places;
  std::istringstream lines(read_file("/proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skip, target, word, type, source, options;
    words >> skip >> skip >> skip >> skip >> target;
    while (words >> word && word != "-") {
    }
    words >> type >> source >> options;
    if (type == "cgroup2") places.emplace("", target);
    if (type != "cgroup") continue;
    std::istringstream names(options);
    for (std::string name; std::getline(names, name, ',');) places.emplace(name, target);
  }
  return places;
}

Places own_groups() {
  Places places;
  std::istringstream lines(read_file("/proc/self/cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string path = line.substr(second + 1);
    if (path == "/" || path.starts_with("/..")) path.clear();
    std::istringstream names(line.substr(first + 1, second - first - 1));
    std::string name;
    if (second == first + 1) places.emplace("", path);
    while (std::getline(names, name, ',')) places.emplace(name, path);
  }
  return places;
}

// Field 22 of /proc/PID/stat; empty when there is no such process, or one that has ended and whom
// nobody collects (process 1 of a container).
std::string start_time(const std::string& pid) {
  const std::string text = read_file("/proc/" + pid + "/stat").value_or("");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream words(text.substr(name_end + 1));
  std::string word;
  words >> word;
  if (word == "Z" || word == "X") return "";
  for (int field = 4; field <= 22; ++field) words >> word;
  return word;
}

std::vector<std::string> folders(const std::string& path) {
  std::vector<std::string> names;
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(directory);
  return names;
}

}  // namespace

Result<CgroupTree> CgroupTree::open() {
  const Places mounts = mounted_hierarchies();
  const Places own = own_groups();
  const auto place = [&](const std::string& controller) {
    const auto mount = mounts.find(controller);
    if (mount == mounts.end()) return std::string();
    const auto group = own.find(controller);
    return mount->second + (group == own.end() ? "" : group->second) + "/kiln";
  };
  CgroupTree tree;
  tree.unified_ = place("");
  if (tree.unified_.empty()) {
    return fail(ErrorCode::kNotFound,
                "no cgroup2 hierarchy is mounted: mount one at /sys/fs/cgroup/unified");
  }
  tree.own_unified_ = tree.unified_.substr(0, tree.unified_.size() - 5);
  tree.hybrid_ = mounts.contains("memory");
  const auto controller = [&](const char* name) {
    return tree.hybrid_ ? place(name) : tree.unified_;
  };
  tree.memory_ = controller("memory");
  tree.pids_ = controller("pids");
  tree.cpu_ = controller("cpu");
  tree.cpuacct_ = controller("cpuacct");
  if (tree.memory_.empty() || tree.pids_.empty() || tree.cpu_.empty()) {
    return fail(ErrorCode::kNotFound, "the memory, pids or cpu controller is not mounted");
  }
  const std::string pid = std::to_string(getpid());
  tree.instance_ = pid + "-" + start_time(pid);
  // Without this every move of a process waits for an RCU grace period, some 10 ms.
  mount(nullptr, mounts.at("").c_str(), nullptr, MS_REMOUNT, "favordynmods");
  for (const auto& base : {tree.unified_, tree.memory_, tree.pids_, tree.cpu_, tree.cpuacct_}) {
    if (base.empty()) continue;
    KILN_TRY_VOID(make_directories(base + "/" + tree.instance_));
  }
  if (!tree.hybrid_) {
    KILN_TRY_VOID(tree.enable_controllers());
  }
  return tree;
}

Status CgroupTree::enable_controllers() {
  constexpr std::string_view kControllers = "+memory +pids +cpu";
  if (!write_file(own_unified_ + "/cgroup.subtree_control", kControllers)) {
    // The group has processes of its own: this one at least, often the server too.
    const std::string self = unified_ + "/" + instance_ + "/self";
    KILN_TRY_VOID(make_directories(self));
    std::istringstream pids(read_file(own_unified_ + "/cgroup.procs").value_or(""));
    for (std::string pid; std::getline(pids, pid);) {
      (void)write_file(self + "/cgroup.procs", pid);
    }
    auto enabled = write_file(own_unified_ + "/cgroup.subtree_control", kControllers);
    if (!enabled) {
      return std::unexpected(std::move(enabled.error())
                                 .context("hand controllers down (run under systemd with "
                                          "Delegate=yes, or in a group of its own)"));
    }
  }
  KILN_TRY_VOID(write_file(unified_ + "/cgroup.subtree_control", kControllers));
  return write_file(unified_ + "/" + instance_ + "/cgroup.subtree_control", kControllers);
}

Result<Cgroup> CgroupTree::make(const std::string& name) {
  Cgroup group;
  group.hybrid_ = hybrid_;
  const auto path = [&](const std::string& base) {
    return base.empty() ? std::string() : base + "/" + instance_ + "/" + name;
  };
  group.unified_path_ = path(unified_);
  group.memory_ = path(memory_);
  group.pids_ = path(pids_);
  group.cpu_ = path(cpu_);
  group.cpuacct_ = path(cpuacct_);
  for (const auto& each :
       {group.unified_path_, group.memory_, group.pids_, group.cpu_, group.cpuacct_}) {
    if (each.empty() || std::ranges::find(group.paths_, each) != group.paths_.end()) continue;
    if (mkdir(each.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir", each, errno);
    group.paths_.push_back(each);
    if (each == group.unified_path_) continue;
    KILN_TRY(Fd entry, open_file(each + "/cgroup.procs", O_WRONLY));
    group.entries_.push_back(std::move(entry));
  }
  KILN_TRY(group.unified_, open_file(group.unified_path_, O_RDONLY | O_DIRECTORY));
  return group;
}

int CgroupTree::sweep() {
  std::vector<std::string> bases{unified_};
  for (const auto& base : {memory_, pids_, cpu_, cpuacct_}) {
    if (!base.empty() && std::ranges::find(bases, base) == bases.end()) bases.push_back(base);
  }
  int removed = 0;
  for (const auto& base : bases) {
    for (const auto& instance : folders(base)) {
      const auto dash = instance.find('-');
      if (dash == std::string::npos) continue;
      if (start_time(instance.substr(0, dash)) == instance.substr(dash + 1)) continue;
      const std::string folder = base + "/" + instance;
      (void)write_file(folder + "/cgroup.kill", "1");
      for (const auto& name : folders(folder)) {
        for (int tries = 0; tries < 200 && rmdir((folder + "/" + name).c_str()) != 0; ++tries) {
          usleep(5000);  // killed processes are still leaving
        }
        if (base == unified_) ++removed;
      }
      rmdir(folder.c_str());
    }
  }
  return removed;
}

void CgroupTree::close() {
  for (const auto& base : {unified_, memory_, pids_, cpu_, cpuacct_}) {
    if (base.empty()) continue;
    rmdir((base + "/" + instance_).c_str());
    rmdir(base.c_str());  // when no other instance lives there
  }
}

Status Cgroup::limit(const CgroupLimits& limits) {
  const std::int64_t quota = cpu_quota_us(limits.cpu_thousandths);
  if (limits.pids > 0) {
    KILN_TRY_VOID(write_file(pids_ + "/pids.max", std::to_string(limits.pids)));
  }
  if (limits.cpu_thousandths > 0) {
    const std::string text = std::to_string(quota);
    const std::string period = std::to_string(kCpuPeriodUs);
    if (hybrid_) {
      KILN_TRY_VOID(write_file(cpu_ + "/cpu.cfs_period_us", period));
      KILN_TRY_VOID(write_file(cpu_ + "/cpu.cfs_quota_us", text));
    } else {
      KILN_TRY_VOID(write_file(cpu_ + "/cpu.max", text + " " + period));
    }
  }
  if (limits.memory_bytes <= 0) return {};
  const std::string bytes = std::to_string(limits.memory_bytes);
  if (!hybrid_) {
    (void)write_file(memory_ + "/memory.swap.max", "0");
    return write_file(memory_ + "/memory.max", bytes);
  }
  // memory.memsw must never be below memory: raise it first, lower it last. Not there without swap.
  if (limits.memory_bytes > memory_limit_) {
    (void)write_file(memory_ + "/memory.memsw.limit_in_bytes", bytes);
  }
  KILN_TRY_VOID(write_file(memory_ + "/memory.limit_in_bytes", bytes));
  (void)write_file(memory_ + "/memory.memsw.limit_in_bytes", bytes);
  memory_limit_ = limits.memory_bytes;
  return {};
}

Result<Fd> Cgroup::unified_entry() const {
  return open_file(unified_path_ + "/cgroup.procs", O_WRONLY);
}

Result<Fd> Cgroup::freeze_file() const {
  return open_file(unified_path_ + "/cgroup.freeze", O_WRONLY);
}

Result<Fd> Cgroup::peak_file() const {
  const std::string path = memory_ + (hybrid_ ? "/memory.max_usage_in_bytes" : "/memory.peak");
  auto file = open_file(path, O_RDWR);
  if (!file) file = open_file(path, O_RDONLY);  // version 2 before Linux 6.12
  // Version 2 has it since Linux 5.19; what is used now is close.
  if (!file && !hybrid_) return open_file(memory_ + "/memory.current", O_RDONLY);
  return file;
}

Result<Fd> Cgroup::quota_file() const {
  return open_file(cpu_ + (hybrid_ ? "/cpu.cfs_quota_us" : "/cpu.max"), O_WRONLY);
}

Status Cgroup::freeze(bool frozen) {
  return write_file(unified_path_ + "/cgroup.freeze", frozen ? "1" : "0");
}

Status Cgroup::kill() { return write_file(unified_path_ + "/cgroup.kill", "1"); }

CgroupUsage Cgroup::usage() const {
  const auto number = [](const std::string& path) { return read_number(path).value_or(0); };
  const auto keyed = [](const std::string& path, std::string_view key) {
    return keyed_number(read_file(path).value_or(""), key);
  };
  CgroupUsage usage;
  usage.pids = number(pids_ + "/pids.current");
  if (hybrid_) {
    usage.memory_bytes = number(memory_ + "/memory.usage_in_bytes");
    usage.memory_peak_bytes = number(memory_ + "/memory.max_usage_in_bytes");
    usage.oom_kills = keyed(memory_ + "/memory.oom_control", "oom_kill");
    usage.cpu_us = number(cpuacct_ + "/cpuacct.usage") / 1000;
  } else {
    usage.memory_bytes = number(memory_ + "/memory.current");
    usage.memory_peak_bytes = number(memory_ + "/memory.peak");
    usage.oom_kills = keyed(memory_ + "/memory.events", "oom_kill");
    usage.cpu_us = keyed(cpu_ + "/cpu.stat", "usage_usec");
  }
  return usage;
}

Result<bool> Cgroup::remove() {
  entries_.clear();
  unified_.reset();
  for (const auto& path : paths_) {
    if (rmdir(path.c_str()) == 0 || errno == ENOENT) continue;
    if (errno == EBUSY) return false;
    return fail_errno("rmdir", path, errno);
  }
  return true;
}

}  // namespace kiln
