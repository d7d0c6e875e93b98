// SPDX-License-Identifier: Apache-2.0
// `kiln doctor`: what this host has and lacks, with the command that fixes it.

#include "cli/command.h"
#include "cli/host_checks.h"
#include "cli/runtime_locations.h"
#include "os/files.h"
#include "os/landlock.h"
#include "sandbox/isolated/isolated_sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

std::string content(const std::string& path) {
  std::string text = read_file(path).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Starts a launcher that leaves the host's network alone. Why it does not run; empty when it does.
std::string try_level(const std::string& level) {
  char folder[] = "/tmp/kiln-doctor-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return "no folder can be made in /tmp";
  std::string refusal;
  {
    const std::string programs = find_programs();
    auto started = sandbox::start_isolation({.launcher = programs + "/kiln-launcher",
                                             .init = programs + "/kiln-init",
                                             .state_directory = std::string(folder) + "/state",
                                             .level = level,
                                             .network = "isolated",
                                             .endpoint_connection = {}});
    if (!started) {
      refusal = started.error().message;
    } else {
      started->process.control.reset();
      ::waitpid(started->process.pid, nullptr, 0);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return refusal;
}

// At most kMaxRules of what the command prints.
std::string output_of(const char* command) {
  constexpr std::size_t kMaxRules = 16U << 20;
  std::string text;
  FILE* pipe = ::popen(command, "re");
  if (pipe == nullptr) return text;
  std::array<char, 4096> piece;
  while (const std::size_t size = ::fread(piece.data(), 1, piece.size(), pipe)) {
    if (text.size() < kMaxRules) text.append(piece.data(), size);
  }
  ::pclose(pipe);
  return text;
}

// The firewall's rules of this network namespace.
void find_forwarding(HostFacts& facts) {
  facts.forward_drops = drop_chains(output_of("/usr/sbin/nft list ruleset 2>/dev/null"));
  // Asking would load the module that nobody uses.
  if (content("/proc/net/ip_tables_names").find("filter") == std::string::npos) return;
  facts.legacy_forward_drops =
      legacy_drops(output_of("/usr/sbin/iptables-legacy -S FORWARD 2>/dev/null"));
}

void find_isolation(HostFacts& facts) {
  facts.root = ::geteuid() == 0;
  facts.cgroups = cgroup_mode(read_file("/proc/self/mountinfo").value_or(""));
  facts.landlock = landlock_version();
  facts.root_refusal = facts.root ? try_level("root") : "it needs root";
  if (!facts.root_refusal.empty()) facts.userns_refusal = try_level("userns");
  facts.unprivileged_userns_clone = content("/proc/sys/kernel/unprivileged_userns_clone");
  facts.max_user_namespaces = content("/proc/sys/user/max_user_namespaces");
  facts.apparmor_restricts_userns =
      content("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  facts.loop_devices = ::access("/dev/loop-control", W_OK) == 0;
  facts.mkfs_ext4 = ::access("/sbin/mkfs.ext4", X_OK) == 0;
  facts.nft = ::access("/usr/sbin/nft", X_OK) == 0;
  facts.ip_forward = content("/proc/sys/net/ipv4/ip_forward");
  if (facts.root && facts.nft) find_forwarding(facts);
}

HostFacts find_facts(const invoke::RuntimeCatalog& catalog) {
  HostFacts facts;
  utsname name{};
  ::uname(&name);
  facts.kernel = name.release;
  facts.machine = name.machine;
  find_isolation(facts);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  facts.max_descriptors = files.rlim_max;
  struct statvfs disk{};
  if (::statvfs(".", &disk) == 0) facts.free_mb = disk.f_bavail * disk.f_frsize / (1024 * 1024);
  const auto has = [&](std::string_view family) {
    return std::ranges::any_of(catalog.all(),
                               [&](const auto& c) { return c.runtime.starts_with(family); });
  };
  facts.python = has("python");
  facts.nodejs = has("nodejs");
  return facts;
}

// True when functions do run.
bool print(const std::vector<Finding>& findings) {
  bool fine = true;
  for (const Finding& each : findings) {
    const bool lacks = each.kind == Finding::Kind::kLacks;
    const char* mark = lacks ? "LACKS" : each.kind == Finding::Kind::kNote ? "note " : "ok   ";
    fmt::print("{} {}\n", mark, each.what);
    if (!each.fix.empty()) fmt::print("      {}\n", each.fix);
    fine = fine && !lacks;
  }
  return fine;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  app.add_subcommand("doctor", "Say what this host has and lacks, and how to fix it")
      ->callback([&exit_code] {
        const auto catalog = invoke::RuntimeCatalog::discover(find_runtime_locations());
        auto findings = diagnose(find_facts(catalog));
        for (const auto& command : catalog.all()) {
          if (command.exact || command.runtime != "python3.12") continue;
          findings.push_back({Finding::Kind::kNote,
                              "python3.12 functions run on Python " + command.interpreter_version,
                              "Install CPython 3.12 to run them on their own version."});
        }
        exit_code = print(findings) ? 0 : 1;
      });
}

}  // namespace kiln::cli
