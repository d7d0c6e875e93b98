// SPDX-License-Identifier: Apache-2.0
// kiln-init: process 1 of an execution environment. Builds it, starts processes in it when the
// launcher says so, collects the dead and reports how they ended. Ends, and with it everything in
// the environment, when the launcher's end of the channel closes.
#include "launcher/init/build.h"
#include "launcher/init/start.h"
#include "launcher/setup.h"
#include "os/packet_socket.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <poll.h>
#include <signal.h>
#include <span>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

constexpr std::size_t kMaxProcesses = 64;  // that were started, not their children

template <class Message>
void report(const Message& message, std::span<const Fd> descriptors = {}) {
  std::vector<int> numbers;
  for (const auto& fd : descriptors) numbers.push_back(fd.get());
  if (!send_packet(kInitChannel, encode(message), numbers)) _exit(1);
}

class Init {
 public:
  bool build() {
    auto packet = receive_packet(kInitChannel);
    if (!packet) return false;
    auto setup = decode<Setup>(packet->bytes);
    if (!setup || packet->descriptors.size() <
                      setup->cgroup_entries + (setup->host_interface.empty() ? 0U : 1U)) {
      return false;
    }
    setup_ = std::move(*setup);
    Steps steps(setup_.fail_step);
    Built built = build_environment(setup_, std::move(packet->descriptors), steps);
    if (!steps.ok()) {
      report(steps.failure(setup_.make.environment, 0));
      return true;  // Destroy comes
    }
    report(Made{setup_.make.environment, false, steps.take_times()}, built.listeners);
    built_ = true;
    return true;
  }

  int serve() {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, nullptr);
    const Fd deaths(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
    pollfd sources[2] = {{kInitChannel, POLLIN, 0}, {deaths.get(), POLLIN, 0}};
    for (;;) {
      if (poll(sources, 2, -1) < 0 && errno != EINTR) return 1;
      if (sources[1].revents != 0) {
        signalfd_siginfo ignored;
        while (read(deaths.get(), &ignored, sizeof ignored) > 0) {
        }
        collect();
      }
      if (sources[0].revents != 0 && !handle()) return 0;
    }
  }

 private:
  bool handle() {
    auto packet = receive_packet(kInitChannel);
    if (!packet) return false;
    const auto type = type_of(packet->bytes);
    if (!type) return false;
    if (*type == Type::kStart) start(std::move(*packet));
    if (*type == Type::kAdopt) adopt(std::move(*packet));
    if (*type == Type::kSignal) send_signal(packet->bytes);
    if (*type == Type::kConnect) connect(packet->bytes);
    return true;
  }

  void start(Packet packet) {
    auto decoded = decode<Start>(packet.bytes);
    if (!decoded || !check(*decoded, packet.descriptors.size())) _exit(1);  // the launcher checked
    const Start& start = *decoded;
    Failed failed{start.environment, start.process, "start", "", 0};
    if (!built_) failed.message = "the environment was not built";
    if (processes_.size() >= kMaxProcesses) failed.message = "too many processes were started";
    const auto same = [&](const auto& each) { return each.second == start.process; };
    if (std::ranges::any_of(processes_, same)) failed.message = "the process number is in use";
    if (!failed.message.empty()) return report(failed);

    if (std::exchange(waiting_, start.waiting && first_)) {
      failed.message = "it waits to be adopted";
      return report(failed);
    }
    Steps steps(setup_.fail_step);
    if (start.zygote != kNoZygote) {
      attach(setup_, start, packet.descriptors, std::exchange(first_, false), steps);
      if (steps.ok()) return report(Attached{start.environment});
      return report(steps.failure(start.environment, start.process));
    }
    auto launched = start_process(setup_, start, std::move(packet.descriptors),
                                  std::exchange(first_, false), steps, failed);
    if (!launched) return report(failed);
    processes_.emplace(launched->pid, start.process);
    report(Started{start.environment, start.process, steps.take_times()},
           std::span(&launched->pidfd, 1));
  }

  void adopt(Packet packet) {
    auto decoded = decode<Adopt>(packet.bytes);
    if (!decoded || !check(*decoded, packet.descriptors.size())) _exit(1);  // the launcher checked
    if (!std::exchange(waiting_, false)) {
      return report(Failed{decoded->environment, 0, "adopt", "nothing waits in it", 0});
    }
    Steps steps(setup_.fail_step);
    launcher::adopt(setup_, *decoded, packet.descriptors, steps);
    if (steps.ok()) return report(Done{decoded->environment});
    Failed failed = steps.failure(decoded->environment, 0);
    failed.message = failed.step + ": " + failed.message;
    failed.step = "adopt";
    report(failed);
  }

  void send_signal(std::string_view bytes) {
    const auto signal = decode<Signal>(bytes);
    if (!signal) return;
    // A zygote's init shares the host's process ids: "all" would be all of the host.
    if (signal->everything && getpid() != 1) return;
    if (signal->everything) {
      kill(-1, signal->number);
      return;
    }
    for (const auto& [pid, process] : processes_) {
      // Each leads a session of its own, and with it a group.
      if (process == signal->process) kill(signal->number == SIGKILL ? -pid : pid, signal->number);
    }
  }

  void connect(std::string_view bytes) {
    const auto wanted = decode<Connect>(bytes);
    if (!wanted) return;
    auto connection = connect_inside(wanted->port);
    if (!connection) {
      return report(Failed{wanted->environment, 0, "connect", connection.error().message, 0});
    }
    report(Connected{wanted->environment}, std::span(&*connection, 1));
  }

  void collect() {
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = processes_.find(pid);
      if (found == processes_.end()) continue;
      Exited exited{setup_.make.environment, found->second, status, 0, 0};
      processes_.erase(found);
      report(exited);
    }
  }

  Setup setup_;
  bool built_ = false;
  bool first_ = true;
  bool waiting_ = false;  // the root is open until Adopt
  std::map<pid_t, std::uint32_t> processes_;
};

}  // namespace
}  // namespace kiln::launcher

int main() {
  kiln::launcher::Init init;
  return init.build() ? init.serve() : 1;
}
