// SPDX-License-Identifier: Apache-2.0
#pragma once
// Loop is one event loop: an Asio io_context behind Executor, its SystemClock, and signal waiting.
//
// Threads: run() is called on the thread that becomes the loop's. Asio itself stays behind
// async/asio_loop.h, which only http, sandbox and runtime_api sources include.

#include "async/clock.h"
#include "async/executor.h"

#include <functional>
#include <memory>

namespace kiln {

class Loop final : public Executor {
 public:
  Loop();
  ~Loop() override;
  void post(std::move_only_function<void()> fn) override;
  bool running_in_this_thread() const override;

  Clock& clock();
  // Runs until stop(). Called once.
  void run();
  // Runs until `task` is done, then returns. For tests and command-line tools.
  void run_until_complete(Task<void> task);
  void stop();  // any thread
  // Calls `fn` on the loop for each SIGINT or SIGTERM from now on.
  void on_termination_signal(std::function<void(int)> fn);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln
