// SPDX-License-Identifier: Apache-2.0
#pragma once
// IsolatedEnvironment is one execution environment of the launcher, from its making to its end.
//
// Lifecycle: make() -> made (empty; may wait in the reserve) -> start() -> running -> exited; any
// -> close() -> destroyed. It keeps itself alive until the launcher says that nothing is left.
// Threads: one loop.

#include "async/event.h"
#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "sandbox/isolated/launcher_channel.h"
#include "sandbox/output_pipes.h"
#include "sandbox/sandbox.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace kiln::sandbox {

class IsolatedEnvironment final : public std::enable_shared_from_this<IsolatedEnvironment> {
 public:
  struct Ports {
    Loop& loop;
    std::shared_ptr<LauncherChannel> channel;
    // A connection to the server's endpoint from inside.
    std::function<void(Fd)> endpoint_connection;
    std::function<void(std::uint32_t)> destroyed;  // the number is free again
    std::int64_t step_timeout_ms = 20'000;
  };
  IsolatedEnvironment(Ports ports, std::uint32_t number, Gate::Pass pass);
  ~IsolatedEnvironment();

  // Errors are the launcher's: the step, what failed and what to do.
  Task<Status> make(launcher::Make make);
  // kInvalidArgument with Go's words when the program itself cannot be run.
  Task<Status> start(EnvironmentSpec spec, std::stop_token stop);
  void close();
  // Everything that the launcher had made is gone with it.
  void launcher_gone();

  const std::string& id() const { return id_; }
  std::uint32_t number() const { return number_; }
  // False once it broke or was closed.
  bool usable() const { return !closed_ && !broken_; }
  Fd take_listener() { return std::move(listener_); }
  Fd take_connection() { return std::move(connection_); }
  void on_output(std::function<void(const Output&)> sink) { pipes_->on_output(std::move(sink)); }
  void on_exit(std::function<void(ExitStatus)> callback);
  void drain_output() { pipes_->drain(); }
  void terminate(std::int64_t grace_ms);
  std::int64_t peak_memory_bytes();
  void freeze(bool frozen);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void receive(launcher::Type type, Packet& packet);
  void made(Packet& packet);
  void failed(const launcher::Failed& failed);
  void exited(const launcher::Exited& exited);
  void destroyed();
  void report_exit();
  void accept_endpoint();
  Result<launcher::Start> describe(const EnvironmentSpec& spec, std::vector<Fd>& directories);

  const Ports ports_;
  const std::uint32_t number_;
  Gate::Pass pass_;
  std::string id_;
  Fd listener_;
  Fd connection_;
  Fd freeze_file_;
  Fd memory_file_;
  Descriptor endpoint_;
  std::shared_ptr<OutputPipes> pipes_;
  OneShot<Status> made_;
  OneShot<Status> started_;
  std::function<void(ExitStatus)> exit_callback_;
  ExitStatus status_;
  std::int64_t peak_bytes_ = 0;
  bool exited_ = false;
  bool reported_ = false;
  bool broken_ = false;
  bool closed_ = false;
  Clock::TimerId kill_timer_ = 0;
};

}  // namespace kiln::sandbox
