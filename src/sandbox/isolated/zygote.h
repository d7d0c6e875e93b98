// SPDX-License-Identifier: Apache-2.0
#pragma once
// Zygote is one process that forks runtimes, from the making of its environment to its end.
//
// Lifecycle: start() -> ready -> (retire() ->) gone. It keeps itself alive until the launcher says
// that nothing is left. Threads: one loop.

#include "async/clock.h"
#include "async/gate.h"
#include "async/loop.h"
#include "sandbox/isolated/launcher_channel.h"
#include "sandbox/output_pipes.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace kiln::sandbox {

// One environment's hold on a zygote, from before its fork until nothing of it is left.
class ZygoteLease {
 public:
  virtual ~ZygoteLease() = default;
  virtual std::uint32_t number() const = 0;
  // Called once when the zygote has ended before the lease: its child may run, but nobody will
  // report its exit.
  virtual void on_gone(std::function<void()> callback) = 0;
};

inline constexpr std::int64_t kZygoteReadyMs = 60'000;

class Zygote final : public std::enable_shared_from_this<Zygote> {
 public:
  struct Ports {
    Loop& loop;
    std::shared_ptr<LauncherChannel> channel;
    std::function<void()> ready;
    std::function<void()> gone;                      // it has died, or never became ready
    std::function<void(std::uint32_t)> free_number;  // nothing is left
    std::string programs;                            // {programs}, host folder
  };

  Zygote(Ports ports, std::uint32_t number, Gate::Pass pass);
  // Of the spec: zygote, runtime_directory and directories.
  void start(const EnvironmentSpec& spec);
  // Destroyed as soon as it has no children.
  void retire();
  void close();
  void launcher_gone();

  std::uint32_t number() const { return number_; }
  bool ready() const { return ready_ && !closed_; }
  bool closed() const { return closed_; }
  bool idle() const { return leases_.empty(); }
  int forks() const { return forks_; }
  std::int64_t memory_bytes() const { return memory_bytes_; }

  // An environment that it forks into holds a lease of it.
  std::unique_ptr<ZygoteLease> lease();

 private:
  class Lease;

  void child_ended();
  void receive(launcher::Type type, Packet& packet);
  Status send_start();
  void listen(std::string_view bytes);
  void died(const std::string& why);
  void destroyed();

  Ports ports_;
  const std::uint32_t number_;
  Gate::Pass pass_;
  EnvironmentSpec spec_;
  std::shared_ptr<OutputPipes> pipes_;
  std::string line_;
  std::set<Lease*> leases_;
  Clock::TimerId deadline_ = 0;
  std::int64_t memory_bytes_ = 0;
  int forks_ = 0;
  bool ready_ = false;
  bool retired_ = false;
  bool closed_ = false;
};

}  // namespace kiln::sandbox
