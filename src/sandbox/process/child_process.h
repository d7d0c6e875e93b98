// SPDX-License-Identifier: Apache-2.0
#pragma once
// ChildProcess watches one process group: its pipes, its end, its memory.
//
// Lifecycle: construct -> run() -> output and exit callbacks -> reaped; close() kills the group and
// silences the callbacks. It keeps itself alive until the process has been reaped, so that no
// zombie is left. Threads: one loop.

#include "async/loop.h"
#include "sandbox/output_pipes.h"
#include "sandbox/process/spawn.h"
#include "sandbox/sandbox.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>

namespace kiln::sandbox {

class ChildProcess final : public std::enable_shared_from_this<ChildProcess> {
 public:
  // `output` and `frames` are the read ends of its pipes.
  ChildProcess(Loop& loop, Spawned process, Fd output, Fd frames);
  ~ChildProcess();

  // `reaped` is called once, also after close(); what it holds goes with the loop at the latest.
  void run(std::function<void()> reaped);
  void close();

  void on_output(std::function<void(const Output&)> sink) { pipes_->on_output(std::move(sink)); }
  void on_exit(std::function<void(ExitStatus)> callback);
  void drain_output() { pipes_->drain(); }
  void terminate(std::int64_t grace_ms);
  void signal_group(int number);
  std::int64_t peak_memory_bytes();

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void reap();
  void report_exit();

  Loop& loop_;
  const pid_t pid_;
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
};

}  // namespace kiln::sandbox
