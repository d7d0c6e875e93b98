// SPDX-License-Identifier: Apache-2.0
// What an environment costs, step by step, and what the child of a zygote pays to enter one.
// launcher_bench [ROUNDS]: prints a table of medians and 99th percentiles in microseconds, beside
// the limits of medians. Needs root.
#include "launcher/lab.h"
#include "launcher/setup.h"
#include "os/files.h"
#include "os/namespaces.h"
#include "os/seccomp.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <grp.h>
#include <linux/capability.h>
#include <map>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace kiln::launcher {
namespace {

constexpr std::size_t kZygoteBytes = 80 << 20;  // a Python with the SDK imported
constexpr std::uint32_t kAtOnce = 100;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of medians. Making is off the path of requests; a start and a thaw are on it.
const std::map<std::string, long> kLimits{{"make: request to answer", 10'000},
                                          {"start: request to answer", 4'000},
                                          {"freeze", 100},
                                          {"thaw", 50},
                                          {"destroy: request to answer", 10'000},
                                          {"100 made at once, all", 1'000'000}};

class Table {
 public:
  void add(const std::string& name, std::int64_t us) {
    if (!samples_.contains(name)) order_.push_back(name);
    samples_[name].push_back(us);
  }
  void add(const std::string& prefix, const std::vector<StepTime>& steps) {
    std::int64_t sum = 0;
    for (const auto& step : steps) {
      add(prefix + step.name, step.us);
      sum += step.us;
    }
    add(prefix + "all of init's steps", sum);
  }
  void print() {
    std::printf("| step | p50 us | p99 us | limit us |\n|---|---|---|---|\n");
    for (const auto& name : order_) {
      auto& all = samples_[name];
      std::ranges::sort(all);
      const auto p50 = static_cast<long>(all[all.size() / 2]);
      const auto limit = kLimits.find(name);
      std::string beside;
      if (limit != kLimits.end()) {
        beside = std::to_string(limit->second) + (p50 <= limit->second ? " ok" : " MISS");
      }
      std::printf("| %s | %ld | %ld | %s |\n", name.c_str(), p50,
                  static_cast<long>(all[all.size() * 99 / 100]), beside.c_str());
    }
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::int64_t>> samples_;
};

// The step times of a child, in memory that parent and child share.
struct Marks {
  int count = 0;
  std::int64_t last = 0;
  struct {
    char name[48];
    std::int64_t us;
  } all[16];
  void begin() { last = now_us(); }
  void add(const char* name) {
    const std::int64_t now = now_us();
    std::snprintf(all[count].name, sizeof all[count].name, "%s", name);
    all[count++].us = now - last;
    last = now_us();
  }
};

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  _exit(1);
}

// The newest child of the launcher is the init of the environment just made.
pid_t newest_child(pid_t launcher) {
  const std::string id = std::to_string(launcher);
  std::string text = read_file("/proc/" + id + "/task/" + id + "/children").value_or("");
  while (text.ends_with(' ')) text.pop_back();
  return std::atoi(text.c_str() + text.rfind(' ') + 1);
}

std::vector<Fd> cgroup_entries(pid_t pid) {
  // The same groups that the launcher would pass to a zygote.
  std::vector<Fd> entries;
  for (const char* controller : {"memory", "pids", "cpu", "cpuacct", "unified"}) {
    const std::string base = std::string("/sys/fs/cgroup/") + controller;
    const std::string groups = read_file("/proc/" + std::to_string(pid) + "/cgroup").value_or("");
    const std::string key =
        std::string(controller) == "unified" ? "0::" : ":" + std::string(controller) + ":";
    const auto at = groups.find(key);
    if (at == std::string::npos) continue;
    const auto begin = at + key.size();
    const std::string path = groups.substr(begin, groups.find('\n', begin) - begin);
    if (auto fd = open_file(base + path + "/cgroup.procs", O_WRONLY)) {
      entries.push_back(std::move(*fd));
    }
  }
  return entries;
}

[[noreturn]] void be_zygote_child(Marks& marks, const std::vector<Fd>& groups, int init, int ask,
                                  int go, char* memory) {
  marks.add("zygote: fork (80 MB)");
  for (const auto& group : groups) {
    if (write(group.get(), "0", 1) != 1) stop("cgroup.procs");
  }
  marks.add("zygote: enter cgroups");
  if (setns(init, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) !=
      0) {
    stop("setns");
  }
  marks.add("zygote: setns mount, net, ipc, uts, cgroup");
  char byte = 0;
  if (unshare(CLONE_NEWUSER) != 0) stop("unshare");
  if (write(ask, "a", 1) != 1 || read(go, &byte, 1) != 1) stop("map");
  marks.add("zygote: user namespace and its map");
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  if (setgroups(0, nullptr) != 0 || setresgid(993, 993, 993) != 0 || setresuid(993, 993, 993)) {
    stop("user");
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  marks.add("zygote: groups, capabilities, user");
  if (!install_filter(environment_filter())) stop("seccomp");
  marks.add("zygote: seccomp");
  for (std::size_t at = 0; at < (8U << 20); at += 4096) memory[at] = 2;
  marks.add("zygote: first write to 8 MB");
  _exit(0);
}

void measure_zygote(Table& table, Marks& marks, char* memory, pid_t init) {
  const Fd own(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  const Fd target(static_cast<int>(syscall(SYS_pidfd_open, init, 0)));
  const auto groups = cgroup_entries(init);
  int ask[2];
  int go[2];
  if (pipe(ask) != 0 || pipe(go) != 0) stop("pipe");
  marks.count = 0;
  const std::int64_t began = now_us();
  marks.begin();
  if (setns(target.get(), CLONE_NEWPID) != 0) stop("setns(CLONE_NEWPID)");
  const pid_t pid = fork();
  if (pid == 0) be_zygote_child(marks, groups, target.get(), ask[1], go[0], memory);
  if (setns(own.get(), CLONE_NEWPID) != 0) stop("setns back");
  char byte = 0;
  if (read(ask[0], &byte, 1) == 1) {
    const auto mapped = map_users(pid, "0 1000100000 1\n993 1000100001 1\n", false);
    if (!mapped) std::fprintf(stderr, "%s\n", mapped.error().message.c_str());
    (void)!write(go[1], "g", 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) std::fprintf(stderr, "zygote's child: status %x\n", status);
  table.add("zygote: fork to end of the child", now_us() - began);
  for (int i = 0; i < marks.count; ++i) table.add(marks.all[i].name, marks.all[i].us);
  for (const int fd : {ask[0], ask[1], go[0], go[1]}) close(fd);
}

int measure(const std::string& programs, int rounds) {
  auto* memory = static_cast<char*>(
      mmap(nullptr, kZygoteBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  auto* marks = static_cast<Marks*>(
      mmap(nullptr, sizeof(Marks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (std::size_t at = 0; at < kZygoteBytes; at += 4096) memory[at] = 1;
  Lab lab(programs);
  Table table;
  (void)lab.make(0, 512);
  (void)lab.destroy(0);
  for (int round = 0; round < rounds; ++round) {
    std::int64_t began = now_us();
    std::vector<Fd> descriptors;
    const auto made = lab.make(1, 512, true, &descriptors);
    if (!made) {
      std::fprintf(stderr, "%s\n", made.error().message.c_str());
      return 1;
    }
    table.add("make: request to answer", now_us() - began);
    table.add("make: ", made->steps);
    began = now_us();
    (void)lab.start(1, {"/bin/true"});
    table.add("start: request to answer", now_us() - began);
    table.add("start: ", lab.started().steps);
    (void)lab.wait<Exited>(1);
    table.add("start: request to the exit of /bin/true", now_us() - began);
    measure_zygote(table, *marks, memory, newest_child(lab.pid()));
    if (descriptors.size() == 4) {
      began = now_us();
      (void)!write(descriptors[3].get(), "1", 1);
      table.add("freeze", now_us() - began);
      began = now_us();
      (void)!write(descriptors[3].get(), "0", 1);
      table.add("thaw", now_us() - began);
    }
    began = now_us();
    (void)lab.destroy(1);
    table.add("destroy: request to answer", now_us() - began);
  }
  const std::int64_t began = now_us();
  for (std::uint32_t i = 0; i < kAtOnce; ++i) (void)lab.send(Make{10 + i, 512, true});
  for (std::uint32_t i = 0; i < kAtOnce; ++i) (void)lab.wait<Made>(10 + i);
  table.add("100 made at once, all", now_us() - began);
  table.print();
  return 0;
}

}  // namespace
}  // namespace kiln::launcher

int main(int argc, char** argv) {
  if (geteuid() != 0) {
    std::fputs("launcher_bench needs root\n", stderr);
    return 1;
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return kiln::launcher::measure(self, argc > 1 ? std::atoi(argv[1]) : 100);
}
