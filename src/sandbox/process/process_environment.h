// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessEnvironment watches one running process group: its pipes, its end, its memory.
//
// Lifecycle: run() -> output and exit callbacks -> close() (kills the group) -> reaped. It keeps
// itself alive until the main process has been reaped, so that no zombie is left.

#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/output_pipes.h"
#include "sandbox/process/spawn.h"
#include "sandbox/sandbox.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace kiln::sandbox {

class ProcessEnvironment final : public std::enable_shared_from_this<ProcessEnvironment> {
 public:
  struct Parts {
    std::string id;
    std::string directory;  // removed at the end
    Spawned process;
    Fd output;  // read ends
    Fd frames;
    Fd listener;
    Fd connection;  // to the bundled runtime client; empty without one
    bool freeze = false;
    std::shared_ptr<void> owner;  // keeps the gate behind `pass` alive
  };
  ProcessEnvironment(Loop& loop, Parts parts, Counter& live, Gate::Pass pass);
  ~ProcessEnvironment();

  void run();
  void close();

  const std::string& id() const { return id_; }
  Fd take_listener() { return std::move(listener_); }
  Fd take_connection() { return std::move(connection_); }
  void on_output(std::function<void(const Output&)> sink) { pipes_->on_output(std::move(sink)); }
  void on_exit(std::function<void(ExitStatus)> callback);
  void drain_output() { pipes_->drain(); }
  void terminate(std::int64_t grace_ms);
  std::int64_t peak_memory_bytes();
  void signal_group(int number);
  bool can_freeze() const { return freeze_; }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void watch_exit();
  void reap();
  void report_exit();
  void clean_up();

  Loop& loop_;
  const std::string id_;
  const std::string directory_;
  const pid_t pid_;
  const bool freeze_;
  Fd listener_;
  Fd connection_;
  Descriptor pidfd_;
  const std::shared_ptr<OutputPipes> pipes_;
  std::function<void(ExitStatus)> exit_callback_;
  ExitStatus status_;
  bool reaped_ = false;
  bool reported_ = false;
  bool closed_ = false;
  Clock::TimerId kill_timer_ = 0;
  std::int64_t peak_bytes_ = 0;
  Monotonic peak_read_at_{};
  Counter& live_;
  const std::shared_ptr<void> owner_;
  Gate::Pass pass_;
};

}  // namespace kiln::sandbox
