// SPDX-License-Identifier: Apache-2.0
#include "invoke/snapshot_maker.h"

#include "base/log.h"

#include <utility>

namespace kiln::invoke {
namespace {

// Two initialisations of the longest kind may be ahead.
constexpr std::int64_t kTurnMs = 2 * 900'000;

}  // namespace

SnapshotMaker::SnapshotMaker(Clock& clock, ColdStarter& starter, SnapshotStore& snapshots)
    : clock_(clock), starter_(starter) {
  snapshots.on_missing(
      [this](lambda::FunctionVersionPtr version) { make_again(std::move(version)); });
}

Task<lambda::SnapshotOutcome> SnapshotMaker::take(lambda::FunctionVersionPtr version) {
  const Gate::Pass inside = gate_.enter();
  const lambda::SnapshotOutcome interrupted{.interrupted = true};
  while (busy_ >= kAtOnce) {
    const auto turn = std::make_shared<OneShot<bool>>();
    waiting_.push_back(turn);
    auto waiting = turn->wait(clock_, clock_.monotonic().plus_ms(kTurnMs), stop_.get_token());
    if (!co_await std::move(waiting)) co_return interrupted;
  }
  if (stop_.stop_requested()) co_return interrupted;
  ++busy_;
  auto taking = starter_.take_snapshot(std::move(version), stop_.get_token());
  auto outcome = co_await std::move(taking);
  --busy_;
  while (!waiting_.empty()) {
    const auto turn = std::move(waiting_.front());
    waiting_.pop_front();
    if (turn->set(true)) break;
  }
  if (stop_.stop_requested() && !outcome.active) co_return interrupted;
  co_return outcome;
}

void SnapshotMaker::make_again(lambda::FunctionVersionPtr version) {
  if (stop_.stop_requested() || busy_ >= kAtOnce) return;
  if (!made_again_.insert(version->deployment()).second) return;
  spawn(run(std::move(version), gate_.enter()));
}

Task<void> SnapshotMaker::run(lambda::FunctionVersionPtr version, Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  const std::string name = version->qualified_arn();
  const std::string deployment = version->deployment();
  auto taking = take(std::move(version));
  const auto outcome = co_await std::move(taking);
  made_again_.erase(deployment);
  if (!outcome.active && !outcome.interrupted) {
    log::warn("invoke", "the snapshot of " + name + " was not made again: " + outcome.reason);
  }
}

Task<void> SnapshotMaker::stop() {
  stop_.request_stop();
  co_await gate_.closed();
}

}  // namespace kiln::invoke
