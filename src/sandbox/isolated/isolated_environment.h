// SPDX-License-Identifier: Apache-2.0
#pragma once
// IsolatedEnvironment is one execution environment of the launcher, from its making to its end.
//
// Lifecycle: make() -> made (empty; may wait in the reserve) -> prepare(), or boot() and later
// adopt() -> run_command() and
// start_process() in any order -> exited (-> reset() -> prepared); any -> close() -> destroyed. It
// keeps itself alive until the launcher says that nothing is left.
// Threads: one loop.

#include "async/event.h"
#include "async/gate.h"
#include "async/loop.h"
#include "base/metrics.h"
#include "base/random.h"
#include "sandbox/isolated/dns_relay.h"
#include "sandbox/isolated/launcher_channel.h"
#include "sandbox/isolated/zygote.h"
#include "sandbox/output_pipes.h"
#include "sandbox/sandbox.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kiln::sandbox {

inline constexpr std::uint32_t kSnapshotDescriptor = 5;  // of the command, with a snapshot

class IsolatedEnvironment final : public std::enable_shared_from_this<IsolatedEnvironment> {
 public:
  struct Ports {
    Loop& loop;
    std::shared_ptr<LauncherChannel> channel;
    // A connection to the server's endpoint from inside.
    std::function<void(Fd)> endpoint_connection;
    std::function<void(std::uint32_t)> destroyed;  // the number is free again
    DnsRelay::Ports names;
    // Null: exec.
    std::function<std::unique_ptr<ZygoteLease>(const EnvironmentSpec&)> zygote;
    std::int64_t step_timeout_ms = 20'000;
  };
  IsolatedEnvironment(Ports ports, std::uint32_t number, Gate::Pass pass);
  ~IsolatedEnvironment();

  // Errors are the launcher's: the step, what failed and what to do.
  Task<Status> make(launcher::Make make);
  // What `spec` asks for, but its command, which `zygote` forks when there is one.
  Status prepare(EnvironmentSpec spec, std::unique_ptr<ZygoteLease> zygote);
  // Starts the command of `spec` as one that waits (StandbySpec); then what it waited for.
  Task<Status> boot(EnvironmentSpec spec, std::unique_ptr<ZygoteLease> zygote);
  Task<Status> adopt(EnvironmentSpec spec, std::stop_token stop);
  // What spec.egress says. REQUIRES: prepared, and nothing of the function was started.
  Task<Status> restrict_egress(std::stop_token stop);
  // kInvalidArgument with Go's words when the program itself cannot be run. REQUIRES: prepared.
  Task<Status> run_command(std::stop_token stop);
  Task<Status> start_process(ProcessSpec spec, std::stop_token stop);
  Task<Status> reset(std::stop_token stop);
  Task<Result<Fd>> connect(int port, std::stop_token stop);
  void close();
  // Everything that the launcher had made is gone with it.
  void launcher_gone();

  const std::string& id() const { return id_; }
  std::uint32_t number() const { return number_; }
  // False once it broke or was closed.
  bool usable() const { return !closed_ && !broken_ && !(standby_ && command_->exited); }
  // Another descriptor of the same listener, for each runtime that it serves.
  Fd take_listener() { return duplicate(listener_); }
  Fd take_connection() { return std::move(connection_); }
  void on_output(std::function<void(const Output&)> sink) {
    command_->pipes->on_output(std::move(sink));
  }
  void on_exit(std::function<void(ExitStatus)> callback);
  void drain_output();
  void terminate(std::int64_t grace_ms);
  void end_initialization();
  std::int64_t peak_memory_bytes();
  void freeze(bool frozen);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  // One that the launcher was asked to start.
  struct Process {
    std::uint32_t number = 0;
    std::shared_ptr<OutputPipes> pipes;
    Fd output;  // the write ends, until it starts
    Fd frames;
    OneShot<Status> started;
    std::function<void(ExitStatus)> on_exit;
    ExitStatus status;
    bool asked = false;  // the launcher knows of it
    bool exited = false;
    bool reported = false;
  };
  using ProcessPtr = std::shared_ptr<Process>;
  static Fd duplicate(const Fd& fd);
  struct Connecting {
    OneShot<Status> answered;
    Fd connection;
  };

  void receive(launcher::Type type, Packet& packet);
  void made(Packet& packet);
  void failed(const launcher::Failed& failed);
  void exited(std::uint32_t number, const launcher::Exited& exited);
  void connected(Status status, Packet* packet);
  void end(const std::string& why);
  void destroyed();
  void zygote_gone();
  void report_exit(const ProcessPtr& process);
  void accept_endpoint();
  Status open_pipes(Process& process);
  ProcessPtr find(std::uint32_t number) const;
  Status prepare_command(std::unique_ptr<ZygoteLease> zygote);
  void open_names();
  bool all_ended() const;
  Status add_mount(std::string target, const std::string& host);
  Status prepare_runtime_mounts(const EnvironmentSpec& spec);
  Status prepare_function_mounts(const EnvironmentSpec& spec);
  Status send_variables(const std::vector<std::string>& variables);
  // What to start, without variables and descriptors.
  Result<launcher::Start> describe(const std::vector<std::string>& command) const;
  Task<Status> launch(ProcessPtr process, launcher::Start start, Fd connection,
                      std::stop_token stop);
  std::vector<ProcessPtr> all_processes() const;
  void signal_command(int number);

  const Ports ports_;
  const std::uint32_t number_;
  Gate::Pass pass_;
  std::string id_;
  Fd listener_;
  Fd connection_;
  Fd connection_inside_;
  Fd freeze_file_;
  Fd memory_file_;
  Fd quota_file_;
  Descriptor endpoint_;
  Fd name_socket_;
  std::shared_ptr<DnsRelay> names_;
  EnvironmentSpec spec_;
  // Of the first process: the root is sealed with it.
  std::vector<launcher::Mount> mounts_;
  std::vector<Fd> directories_;
  bool sealed_ = false;
  Fd standby_;  // where the waiting command gets its variables
  OneShot<Status> adopted_;
  OneShot<Status> restricted_;
  bool restricting_ = false;
  std::unique_ptr<ZygoteLease> zygote_;
  Descriptor forked_;  // a pidfd of what the zygote forked
  ProcessPtr command_;
  std::map<std::uint32_t, ProcessPtr> others_;
  std::uint32_t last_number_ = 0;
  std::deque<std::shared_ptr<Connecting>> connecting_;  // answered in turn
  OneShot<Status> made_;
  std::shared_ptr<OneShot<Status>> all_ended_;  // of a reset
  std::int64_t peak_bytes_ = 0;
  std::uint32_t oom_kills_ = 0;
  std::uint32_t oom_kills_before_ = 0;  // the last reset
  bool ended_ = false;                  // of the whole environment, by itself
  bool broken_ = false;
  bool closed_ = false;
  Clock::TimerId kill_timer_ = 0;
};

}  // namespace kiln::sandbox
