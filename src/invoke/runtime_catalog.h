// SPDX-License-Identifier: Apache-2.0
#pragma once
// RuntimeCatalog knows which runtimes this host can run, and how.
//
// Python: every CPython >= 3.9 found in the given interpreters' directories; Node.js: the builds
// that the project's scripts fetched; provided.al2 and provided.al2023 always. The exact version
// first, else the nearest newer one (said by `substitute_for`).

#include "sandbox/sandbox.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::invoke {

struct RuntimeCommand {
  std::string runtime;                      // "python3.12"
  std::string interpreter;                  // host path; empty for provided.*
  std::string interpreter_version;          // "3.12.1"
  bool exact = true;                        // false: a newer version stands in
  std::vector<std::string> command;         // for sandbox::EnvironmentSpec::command
  std::vector<std::string> zygote_command;  // for sandbox::ZygoteSpec; empty: it cannot fork
  bool can_wait = false;                    // its client knows sandbox::StandbySpec
  std::string runtime_directory;            // host path of the bundled client, empty for provided.*
  // What else it needs inside: {lang} (the interpreter's installation) and {sdk}.
  std::vector<sandbox::Directory> directories;
  // Variables that AWS sets for this runtime beside the common ones (PATH, LD_LIBRARY_PATH,
  // PYTHONPATH, NODE_PATH, AWS_EXECUTION_ENV, LANG, TZ); may use {task}, {runtime}, {opt}, {sdk}.
  std::vector<std::pair<std::string, std::string>> variables;
  std::string version_name;  // for INIT_START: "python:3.12.v1"
  std::string version_arn;   // "arn:aws:lambda:us-east-1::runtime:<hash>"; region filled later
};

// Where to look. All paths absolute.
struct RuntimeLocations {
  std::string
      bundled;        // the folder that holds python/ and nodejs/ clients (the project's runtimes/)
  std::string cache;  // where fetched Node.js builds and SDKs lie: <cache>/node/22/bin/node
  std::vector<std::string> python_search;  // directories with python3.X binaries
};

class RuntimeCatalog {
 public:
  // Looks once; cheap enough for start-up (no interpreter is run when its name tells the version).
  static RuntimeCatalog discover(const RuntimeLocations& locations);
  std::optional<RuntimeCommand> find(std::string_view runtime) const;
  const std::vector<RuntimeCommand>& all() const { return commands_; }

 private:
  std::vector<RuntimeCommand> commands_;
};

}  // namespace kiln::invoke
