// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process/child_process.h"

#include "async/asio_loop.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <signal.h>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace kiln::sandbox {
namespace {

// The figure is for REPORT lines; reading it costs more than an invocation otherwise does.
constexpr std::int64_t kPeakMaxAgeMs = 250;

std::int64_t read_peak_bytes(pid_t pid) {
  const Fd file(open(("/proc/" + std::to_string(pid) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  std::array<char, 4096> text;
  const auto size = read(file.get(), text.data(), text.size());
  if (size <= 0) return 0;
  const std::string_view status(text.data(), static_cast<std::size_t>(size));
  auto at = status.find("VmHWM:");
  if (at == std::string_view::npos) return 0;
  at = status.find_first_of("0123456789", at);
  if (at == std::string_view::npos) return 0;
  std::int64_t kib = 0;
  std::from_chars(status.data() + at, status.data() + status.size(), kib);
  return kib * 1024;
}

}  // namespace

ChildProcess::ChildProcess(Loop& loop, Spawned process, Fd output, Fd frames)
    : loop_(loop),
      pid_(process.pid),
      pidfd_(io_context_of(loop), process.pidfd.release()),
      pipes_(std::make_shared<OutputPipes>(loop, std::move(output), std::move(frames))) {}

ChildProcess::~ChildProcess() {
  if (reaped_) return;
  // Only when the loop ended before us: nobody else will collect the process.
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::run(std::function<void()> reaped) {
  pipes_->run();
  pidfd_.async_wait(Descriptor::wait_read, [self = shared_from_this(), reaped = std::move(reaped)](
                                               const boost::system::error_code& error) {
    if (error) return;
    self->reap();
    reaped();
  });
}

void ChildProcess::reap() {
  // The dead leader still holds its id, so the group id cannot belong to anyone else yet.
  kill(-pid_, SIGKILL);
  int wait_status = 0;
  rusage usage{};
  if (wait4(pid_, &wait_status, 0, &usage) == pid_) {
    peak_bytes_ = std::max(peak_bytes_, static_cast<std::int64_t>(usage.ru_maxrss) * 1024);
  }
  reaped_ = true;
  status_.signaled = WIFSIGNALED(wait_status);
  status_.code = status_.signaled ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
  if (kill_timer_ != 0) loop_.clock().cancel(std::exchange(kill_timer_, 0));
  if (!closed_) {
    pipes_->finish();
    report_exit();
  }
}

void ChildProcess::report_exit() {
  if (closed_ || !exit_callback_ || std::exchange(reported_, true)) return;
  // The callback may end this process's owner, and with it the stored callback.
  const auto callback = std::move(exit_callback_);
  callback(status_);
}

void ChildProcess::on_exit(std::function<void(ExitStatus)> callback) {
  exit_callback_ = std::move(callback);
  if (reaped_ && !reported_) loop_.post([self = shared_from_this()] { self->report_exit(); });
}

void ChildProcess::signal_group(int number) {
  if (!reaped_) kill(-pid_, number);
}

void ChildProcess::terminate(std::int64_t grace_ms) {
  if (reaped_) return;
  if (grace_ms <= 0) return signal_group(SIGKILL);
  kill(pid_, SIGTERM);
  signal_group(SIGCONT);
  if (kill_timer_ != 0) return;
  kill_timer_ = loop_.clock().schedule(loop_.clock().monotonic().plus_ms(grace_ms),
                                       [self = shared_from_this()] {
                                         self->kill_timer_ = 0;
                                         self->signal_group(SIGKILL);
                                       });
}

std::int64_t ChildProcess::peak_memory_bytes() {
  const Monotonic now = loop_.clock().monotonic();
  if (!reaped_ && (peak_bytes_ == 0 || peak_read_at_.plus_ms(kPeakMaxAgeMs) < now)) {
    peak_bytes_ = std::max(peak_bytes_, read_peak_bytes(pid_));
    peak_read_at_ = now;
  }
  return peak_bytes_;
}

void ChildProcess::close() {
  if (std::exchange(closed_, true)) return;
  exit_callback_ = nullptr;
  signal_group(SIGKILL);
  pipes_->close();
  if (kill_timer_ != 0) loop_.clock().cancel(std::exchange(kill_timer_, 0));
}

}  // namespace kiln::sandbox
