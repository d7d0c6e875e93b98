// SPDX-License-Identifier: Apache-2.0
#pragma once
// Control groups, on version 2 alone and on hybrid hosts, where the controllers are on version 1
// and version 2 freezes and kills.
//
// Tree layout below the caller's own group: kiln/INSTANCE/NAME, in every hierarchy in use. INSTANCE
// names the process that made it ("PID-STARTTIME"), so that a later process can tell what a dead
// one left. On version 2 the caller moves itself to kiln/INSTANCE/self first when its group must
// hand controllers down ("no internal processes"). Threads: one.

#include "base/result.h"
#include "os/fd.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace kiln {

// AWS Lambda grants CPU in periods of 20 ms; longer ones would stall small functions for longer.
// Measured by Lin et al., https://arxiv.org/abs/2506.01283, section on OS scheduling.
inline constexpr std::int64_t kCpuPeriodUs = 20'000;

struct CgroupLimits {
  std::int64_t memory_bytes = 0;  // 0: no limit; swap is off
  std::int64_t pids = 0;
  std::int64_t cpu_thousandths = 0;  // of one CPU
};

struct CgroupUsage {
  std::int64_t memory_bytes = 0;
  std::int64_t memory_peak_bytes = 0;
  std::int64_t oom_kills = 0;
  std::int64_t cpu_us = 0;
  std::int64_t pids = 0;
};

// The quota of `thousandths` of one CPU; never below the kernel's least.
constexpr std::int64_t cpu_quota_us(std::int64_t thousandths) {
  return std::max<std::int64_t>(thousandths * kCpuPeriodUs / 1000, 1000);
}

class Cgroup {
 public:
  // Directory in version 2 in which processes are born.
  int directory() const { return unified_.get(); }
  // cgroup.procs of each version 1 hierarchy: a process that writes "0" there moves itself in.
  const std::vector<Fd>& entries() const { return entries_; }
  // The same for version 2, for who was not born inside.
  Result<Fd> unified_entry() const;
  Status limit(const CgroupLimits& limits);
  // A writable cgroup.freeze, for a holder without privilege: "1" freezes, "0" thaws.
  Result<Fd> freeze_file() const;
  // The largest memory use so far, in bytes; before Linux 5.19 the use now. Writing "0" begins anew
  // where the kernel allows (version 1; version 2 from Linux 6.12 on).
  Result<Fd> peak_file() const;
  // A writable file: microseconds of CPU in each kCpuPeriodUs. REQUIRES: a CPU limit is set.
  Result<Fd> quota_file() const;
  Status freeze(bool frozen);
  Status kill();  // SIGKILL to every process, frozen or not
  CgroupUsage usage() const;
  // False while processes still leave it.
  Result<bool> remove();

 private:
  friend class CgroupTree;
  bool hybrid_ = false;
  std::string memory_, pids_, cpu_, cpuacct_, unified_path_;  // equal on version 2
  std::vector<std::string> paths_;                            // distinct ones
  Fd unified_;
  std::vector<Fd> entries_;
  std::int64_t memory_limit_ = 0;
};

class CgroupTree {
 public:
  // kNotFound when the host's hierarchies cannot be used; the message says what is missing.
  static Result<CgroupTree> open();
  // "v2" or "v1 hybrid".
  const char* mode() const { return hybrid_ ? "v1 hybrid" : "v2"; }
  Result<Cgroup> make(const std::string& name);
  // Kills and removes the groups of instances whose process is gone. Returns how many.
  int sweep();
  // Removes this instance's folders; its groups must be gone.
  void close();

 private:
  Status enable_controllers();
  bool hybrid_ = false;
  std::string instance_;
  std::string memory_, pids_, cpu_, cpuacct_, unified_;  // base directories, ".../kiln"
  std::string own_unified_;                              // the caller's group at open()
};

}  // namespace kiln
