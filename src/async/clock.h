// SPDX-License-Identifier: Apache-2.0
#pragma once
// Clock is the only source of time and the only way to wait. Tests and `kiln dev` can move it.
//
// Implementations: SystemClock (async/loop.h, one per loop) and FakeClock (async/fake_clock.h).
// Threads: wall() and monotonic() anywhere; schedule() and cancel() on the clock's loop.

#include "async/task.h"
#include "base/time.h"

#include <cstdint>
#include <functional>
#include <stop_token>

namespace kiln {

class Clock {
 public:
  using TimerId = std::uint64_t;  // never 0, never reused
  virtual ~Clock() = default;
  virtual Timestamp wall() const = 0;
  virtual Monotonic monotonic() const = 0;
  // Runs `fn` on the loop once `at` is reached; soon when it has passed already, never inline.
  virtual TimerId schedule(Monotonic at, std::move_only_function<void()> fn) = 0;
  // True when the timer had not fired and now will not.
  virtual bool cancel(TimerId id) = 0;
};

enum class Woken { kDeadline, kStopped };
// Waits until `at` or until `stop` is requested (from any thread of the clock's loop).
Task<Woken> sleep_until(Clock& clock, Monotonic at, std::stop_token stop);
Task<Woken> sleep_ms(Clock& clock, std::int64_t ms, std::stop_token stop);

}  // namespace kiln
