// SPDX-License-Identifier: Apache-2.0
#pragma once
// asio_await lets a kiln::Task wait for one Asio operation:
//
//   auto read = asio_await([&](auto done) { socket.async_read_some(buffer, std::move(done)); });
//   const AsioResult got = co_await read;
//
// Owner: the awaiting frame, which the operation must not outlive: cancel or close the I/O object
// and the operation completes with operation_aborted, later and never inline. When the io_context
// is destroyed first, the waiting coroutine is leaked; stop() whatever waits before its Loop goes.
// Only sources that see Asio include this.

#include <boost/system/error_code.hpp>

#include <coroutine>
#include <cstddef>
#include <utility>

namespace kiln {

struct AsioResult {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

namespace detail {

struct AsioWaiter {
  AsioResult result;
  std::coroutine_handle<> waiting;
};

struct AsioHandler {
  AsioWaiter* waiter;
  void operator()(const boost::system::error_code& error) const { (*this)(error, 0); }
  void operator()(const boost::system::error_code& error, std::size_t bytes) const {
    waiter->result = {error, bytes};
    waiter->waiting.resume();
  }
};

template <class Initiate>
class AsioAwait {
 public:
  explicit AsioAwait(Initiate initiate) : initiate_(std::move(initiate)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiter_.waiting = waiting;
    initiate_(AsioHandler{&waiter_});
  }
  AsioResult await_resume() const noexcept { return waiter_.result; }

 private:
  Initiate initiate_;
  AsioWaiter waiter_;
};

}  // namespace detail

template <class Initiate>
detail::AsioAwait<Initiate> asio_await(Initiate initiate) {
  return detail::AsioAwait<Initiate>(std::move(initiate));
}

}  // namespace kiln
