// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessEnvironment is the processes of one environment: the command's and those started beside
// it, its folders and its listener.
//
// Lifecycle: start_command() and start_process() in any order -> close() (kills all) -> the folders
// are removed once the command's process has been reaped and no other is left.
// Threads: one loop. It outlives its handle until the last process is reaped.

#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/places.h"
#include "sandbox/process/child_process.h"
#include "sandbox/sandbox.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kiln::sandbox {

class ProcessEnvironment final : public std::enable_shared_from_this<ProcessEnvironment> {
 public:
  struct Parts {
    EnvironmentSpec spec;
    std::string directory;  // removed at the end
    std::string temporary;
    Places places;
    Fd listener;
    Fd connection;  // between the server and a bundled runtime client; empty without one
    Fd connection_inside;
    bool freeze = false;
    Fd file_rules;  // level "confined"; empty without
    std::span<const sock_filter> filter;
    std::shared_ptr<void> owner;  // keeps the gate behind `pass` alive
  };
  ProcessEnvironment(Loop& loop, Parts parts, Counter& live, Gate::Pass pass);
  ~ProcessEnvironment();

  Status start_command();
  Status start_process(ProcessSpec spec);
  void close();
  // Kills every process; callbacks still come.
  void kill_all();

  const std::string& id() const { return spec_.id; }
  Fd take_listener() { return std::move(listener_); }
  Fd take_connection() { return std::move(connection_); }
  void on_output(std::function<void(const Output&)> sink);
  void on_exit(std::function<void(ExitStatus)> callback);
  void drain_output();
  void terminate(std::int64_t grace_ms);
  std::int64_t peak_memory_bytes();
  // To every process.
  void signal_all(int number);
  bool can_freeze() const { return freeze_; }
  Result<Fd> connect(int port) const;

 private:
  Result<std::shared_ptr<ChildProcess>> spawn_child(SpawnSpec process);
  Result<SpawnSpec> describe(const std::vector<std::string>& command) const;
  void child_reaped();
  void clean_up();

  Loop& loop_;
  const EnvironmentSpec spec_;
  const std::string directory_;
  const std::string temporary_;
  const Places places_;
  const bool freeze_;
  const Fd file_rules_;
  const Confinement confinement_;
  Fd listener_;
  Fd connection_;
  Fd connection_inside_;
  // Until there is a command.
  std::function<void(const Output&)> output_sink_;
  std::function<void(ExitStatus)> exit_callback_;
  std::shared_ptr<ChildProcess> command_;
  std::vector<std::shared_ptr<ChildProcess>> others_;
  int alive_ = 0;
  bool closed_ = false;
  bool cleaned_ = false;
  Counter& live_;
  const std::shared_ptr<void> owner_;
  Gate::Pass pass_;
};

}  // namespace kiln::sandbox
