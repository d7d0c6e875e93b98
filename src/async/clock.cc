// SPDX-License-Identifier: Apache-2.0
#include "async/clock.h"

#include "async/event.h"

namespace kiln {

Task<Woken> sleep_until(Clock& clock, Monotonic at, std::stop_token stop) {
  OneShot<bool> never;
  auto wait = never.wait(clock, at, std::move(stop));
  const Result<bool> outcome = co_await wait;
  co_return outcome.error().code == ErrorCode::kTimeout ? Woken::kDeadline : Woken::kStopped;
}

Task<Woken> sleep_ms(Clock& clock, std::int64_t ms, std::stop_token stop) {
  return sleep_until(clock, clock.monotonic().plus_ms(ms), std::move(stop));
}

}  // namespace kiln
