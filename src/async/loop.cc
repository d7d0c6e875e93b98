// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"

#include "async/asio_loop.h"
#include "async/system_clock.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <csignal>
#include <exception>
#include <optional>
#include <thread>

namespace kiln {

struct Loop::Impl {
  // One thread runs the context; others only post to it.
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  SystemClock clock{context};
  std::atomic<std::thread::id> thread;
  std::optional<boost::asio::signal_set> signals;
  std::function<void(int)> on_signal;

  void run_here() {
    thread = std::this_thread::get_id();
    context.run();
    thread = std::thread::id();
  }
  void wait_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      on_signal(number);
      wait_signal();
    });
  }
};

namespace {

Task<void> run_then_stop(Task<void> task, boost::asio::io_context& context,
                         std::exception_ptr& failure) {
  try {
    co_await task;
  } catch (...) {
    failure = std::current_exception();
  }
  context.stop();
}

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::post(std::move_only_function<void()> fn) {
  boost::asio::post(impl_->context, std::move(fn));
}

bool Loop::running_in_this_thread() const {
  return impl_->thread.load() == std::this_thread::get_id();
}

Clock& Loop::clock() { return impl_->clock; }

void Loop::run() { impl_->run_here(); }

void Loop::run_until_complete(Task<void> task) {
  std::exception_ptr failure;
  impl_->context.restart();
  post([main = run_then_stop(std::move(task), impl_->context, failure)]() mutable {
    spawn(std::move(main));
  });
  impl_->run_here();
  if (failure) std::rethrow_exception(failure);
}

void Loop::stop() { impl_->context.stop(); }

void Loop::on_termination_signal(std::function<void(int)> fn) {
  impl_->on_signal = std::move(fn);
  if (impl_->signals) return;
  impl_->signals.emplace(impl_->context, SIGINT, SIGTERM);
  impl_->wait_signal();
}

boost::asio::io_context& io_context_of(Loop& loop) { return loop.impl().context; }

}  // namespace kiln
