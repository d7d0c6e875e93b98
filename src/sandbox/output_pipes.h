// SPDX-License-Identifier: Apache-2.0
#pragma once
// OutputPipes reads what an environment writes: one pipe of raw bytes (stdout and stderr, in order)
// and one of frames (frame_decoder.h).
//
// Lifecycle: construct -> run() -> finish() once the writers are gone, or close(). Threads: one
// loop. Ownership: its environment; it keeps itself alive while a read waits.

#include "async/loop.h"
#include "os/fd.h"
#include "sandbox/frame_decoder.h"
#include "sandbox/sandbox.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace kiln::sandbox {

struct Pipe {
  Fd read;   // non-blocking
  Fd write;  // blocking: a function that writes faster than we read waits
};
Result<Pipe> make_pipe();

class OutputPipes final : public std::enable_shared_from_this<OutputPipes> {
 public:
  // The read ends.
  OutputPipes(Loop& loop, Fd output, Fd frames);

  void run();
  void on_output(std::function<void(const Output&)> sink) { sink_ = std::move(sink); }
  // Delivers what was already written.
  void drain();
  // The same, and what is left of an unfinished frame. The writers are gone.
  void finish();
  void close();

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  void watch(Descriptor& pipe, bool frames);
  // False at the end of the pipe.
  bool read_available(Descriptor& pipe, bool frames);
  void deliver(bool framed, std::string_view bytes, std::int64_t time_ms);

  Descriptor output_;
  Descriptor frames_;
  FrameDecoder decoder_;
  std::function<void(const Output&)> sink_;
  bool closed_ = false;
};

}  // namespace kiln::sandbox
