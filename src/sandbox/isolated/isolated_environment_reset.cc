// SPDX-License-Identifier: Apache-2.0
// How an environment loses its processes and keeps all else.
#include "sandbox/isolated/isolated_environment.h"

#include <algorithm>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <utility>

namespace kiln::sandbox {

Fd IsolatedEnvironment::duplicate(const Fd& fd) { return Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); }

bool IsolatedEnvironment::all_ended() const {
  return std::ranges::all_of(all_processes(),
                             [](const auto& each) { return each->exited || !each->asked; });
}

Task<Status> IsolatedEnvironment::reset(std::stop_token stop) {
  const auto self = shared_from_this();
  if (closed_ || ended_) co_return fail(ErrorCode::kClosed, "the environment has ended");
  freeze(false);
  // Also what the command and the extensions left behind.
  ports_.channel->send(launcher::Signal{
      .environment = number_, .process = command_->number, .number = SIGKILL, .everything = true});
  if (!all_ended()) {
    const auto ended = all_ended_ = std::make_shared<OneShot<Status>>();
    Clock& clock = ports_.loop.clock();
    auto waiting =
        ended->wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), std::move(stop));
    auto answered = co_await std::move(waiting);
    all_ended_.reset();
    if (!answered) co_return std::unexpected(std::move(answered.error()).context("reset"));
    if (closed_ || ended_) co_return fail(ErrorCode::kClosed, "the environment has ended");
  }
  for (const ProcessPtr& process : all_processes()) {
    process->on_exit = nullptr;
    if (process->pipes) process->pipes->close();
  }
  others_.clear();
  oom_kills_before_ = oom_kills_;
  peak_bytes_ = 0;
  // Fails where the kernel cannot: the peak is then that of the environment's life.
  if (memory_file_) (void)!pwrite(memory_file_.get(), "0", 1, 0);
  boost::system::error_code ignored;
  forked_.close(ignored);
  const std::uint32_t number = command_->number;
  command_ = std::make_shared<Process>();
  command_->number = number;
  co_return prepare_command(ports_.zygote(spec_));
}

}  // namespace kiln::sandbox
