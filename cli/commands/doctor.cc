// SPDX-License-Identifier: Apache-2.0
// `kiln doctor`: what this host has and lacks, with the command that fixes it.

#include "cli/command.h"
#include "cli/runtime_locations.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

// Prints findings; `lacking` counts what stops functions from running.
class Report {
 public:
  void good(const std::string& what) { fmt::print("ok    {}\n", what); }
  void note(const std::string& what, const std::string& fix) {
    fmt::print("note  {}\n      {}\n", what, fix);
  }
  void lacks(const std::string& what, const std::string& fix) {
    fmt::print("LACKS {}\n      {}\n", what, fix);
    ++lacking_;
  }
  int lacking() const { return lacking_; }

 private:
  int lacking_ = 0;
};

void check_kernel(Report& report) {
  utsname name{};
  ::uname(&name);
  int major = 0;
  int minor = 0;
  std::sscanf(name.release, "%d.%d", &major, &minor);
  const std::string kernel = std::string("Linux ") + name.release + " on " + name.machine;
  if (major > 6 || (major == 6 && minor >= 1)) {
    report.good(kernel);
  } else {
    report.lacks(kernel, "Kiln needs Linux 6.1 or newer, as in Debian 12.");
  }
}

void check_runtimes(Report& report) {
  const auto catalog = invoke::RuntimeCatalog::discover(find_runtime_locations());
  const auto has = [&](std::string_view family) {
    return std::ranges::any_of(catalog.all(),
                               [&](const auto& c) { return c.runtime.starts_with(family); });
  };
  if (has("python")) {
    report.good("Python functions (kiln runtimes lists the versions)");
  } else {
    report.lacks("no Python 3.9 or newer in /usr/bin or /usr/local/bin", "apt-get install python3");
  }
  if (has("nodejs")) {
    report.good("Node.js functions");
  } else {
    report.lacks("no Node.js build", "tools/fetch_runtimes.sh 22");
  }
  for (const auto& command : catalog.all()) {
    if (!command.exact && command.runtime == "python3.12") {
      report.note("python3.12 functions run on Python " + command.interpreter_version,
                  "Install CPython 3.12 to run them on their own version.");
    }
  }
}

void check_limits(Report& report) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max >= 65'536) {
    report.good(fmt::format("{} file descriptors", files.rlim_max));
  } else {
    report.note(fmt::format("only {} file descriptors: about {} environments at once",
                            files.rlim_max, files.rlim_max / 8),
                "ulimit -n 65536, or LimitNOFILE=65536 in the service unit");
  }
}

void check_disk(Report& report) {
  struct statvfs disk{};
  if (::statvfs(".", &disk) != 0) return;
  const auto free_mb = disk.f_bavail * disk.f_frsize / (1024 * 1024);
  if (free_mb >= 1024) {
    report.good(fmt::format("{} MB free for state in this folder", free_mb));
  } else {
    report.note(fmt::format("only {} MB free in this folder", free_mb),
                "Give --data-dir a folder on a larger disk.");
  }
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  app.add_subcommand("doctor", "Say what this host has and lacks, and how to fix it")
      ->callback([&exit_code] {
        Report report;
        check_kernel(report);
        check_runtimes(report);
        check_limits(report);
        check_disk(report);
        report.note(
            "isolation level: none (a process group an environment)",
            "Functions run as the server's user and see its files. Run only code you trust.");
        exit_code = report.lacking() == 0 ? 0 : 1;
      });
}

}  // namespace kiln::cli
