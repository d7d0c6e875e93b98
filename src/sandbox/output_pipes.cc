// SPDX-License-Identifier: Apache-2.0
#include "sandbox/output_pipes.h"

#include "async/asio_loop.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// One wake-up reads at most this much of one pipe, so that a chatty function starves nobody.
constexpr int kReadsPerWake = 4;

}  // namespace

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2", "", errno);
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl(O_NONBLOCK)", "", errno);
  return pipe;
}

OutputPipes::OutputPipes(Loop& loop, Fd output, Fd frames)
    : output_(io_context_of(loop), output.release()),
      frames_(io_context_of(loop), frames.release()) {}

void OutputPipes::run() {
  watch(output_, false);
  watch(frames_, true);
}

void OutputPipes::watch(Descriptor& pipe, bool frames) {
  pipe.async_wait(Descriptor::wait_read, [self = shared_from_this(), &pipe,
                                          frames](const boost::system::error_code& error) {
    if (error || self->closed_) return;
    if (self->read_available(pipe, frames)) self->watch(pipe, frames);
  });
}

bool OutputPipes::read_available(Descriptor& pipe, bool frames) {
  static thread_local std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsPerWake && pipe.is_open(); ++i) {
    const auto size = read(pipe.native_handle(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    if (!frames) {
      deliver(false, bytes, 0);
    } else {
      decoder_.feed(bytes, [this](bool framed, std::string_view message, std::int64_t time_ms) {
        deliver(framed, message, time_ms);
      });
    }
    if (bytes.size() < buffer.size()) return true;
  }
  return true;
}

void OutputPipes::deliver(bool framed, std::string_view bytes, std::int64_t time_ms) {
  if (!sink_) return;
  sink_(Output{framed ? Output::Kind::kFrame : Output::Kind::kBytes, bytes, time_ms});
}

void OutputPipes::drain() {
  if (closed_) return;
  // Mostly there is nothing: one call finds that out for both pipes.
  pollfd pipes[2] = {{output_.native_handle(), POLLIN, 0}, {frames_.native_handle(), POLLIN, 0}};
  if (poll(pipes, 2, 0) <= 0) return;
  const auto self = shared_from_this();
  if (pipes[0].revents != 0) read_available(output_, false);
  if (pipes[1].revents != 0 && !closed_) read_available(frames_, true);
}

void OutputPipes::finish() {
  drain();
  decoder_.finish([this](bool framed, std::string_view message, std::int64_t time_ms) {
    deliver(framed, message, time_ms);
  });
}

void OutputPipes::close() {
  if (std::exchange(closed_, true)) return;
  sink_ = nullptr;
  boost::system::error_code ignored;
  output_.close(ignored);
  frames_.close(ignored);
}

}  // namespace kiln::sandbox
