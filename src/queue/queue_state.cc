// SPDX-License-Identifier: Apache-2.0
#include "queue/queue_state.h"

#include <algorithm>

namespace kiln::queue {

std::int64_t QueueState::begin_scan(std::int64_t now, bool other_nodes) {
  lowest_ = kNever;
  look_again_ = false;
  // A wall clock that went back makes what was learned worthless.
  if (now - full_scan_at_ >= kFullScanMs || now < full_scan_at_) {
    full_scan_at_ = now;
    bound_ = 0;
  }
  return other_nodes ? std::min(bound_, now - kClockSkewMs) : bound_;
}

void QueueState::end_scan(std::vector<IndexKey> found, bool complete, std::int64_t now,
                          bool other_nodes) {
  bound_ = found.empty() ? now : std::min(found.front().due, now);
  if (!announced_.empty()) bound_ = std::min(bound_, *announced_.begin());
  bound_ = std::min(bound_, lowest_);
  idle_until = full_scan_at_ + kFullScanMs;
  if (other_nodes) idle_until = std::min(idle_until, now + kClockSkewMs);
  candidates.clear();
  bool all_visible = true;
  for (IndexKey& entry : found) {
    if (entry.due > now) {
      idle_until = std::min(idle_until, entry.due);
      all_visible = false;
      break;
    }
    if (!taken_.contains({entry.kind, entry.name})) candidates.push_back(std::move(entry));
  }
  if (all_visible && !complete) idle_until = 0;
  idle_until = std::min(idle_until, lowest_);
  if (look_again_) idle_until = 0;
  settle_put_back();
}

void QueueState::drop_scan() {
  look_again();
  settle_put_back();
}

void QueueState::settle_put_back() {
  for (const auto& name : put_back_) taken_.erase(name);
  put_back_.clear();
}

void QueueState::look_again() {
  look_again_ = true;
  idle_until = 0;
}

std::vector<IndexKey> QueueState::take(std::size_t max) {
  std::vector<IndexKey> out;
  while (out.size() < max && !candidates.empty()) {
    IndexKey& entry = candidates.front();
    taken_.insert({entry.kind, entry.name});
    out.push_back(std::move(entry));
    candidates.pop_front();
  }
  return out;
}

void QueueState::put_back(const std::vector<IndexKey>& names) {
  for (const IndexKey& entry : names) {
    // A running scan may have read the entry before its commit.
    if (scanning.inside() > 0) {
      put_back_.emplace_back(entry.kind, entry.name);
    } else {
      taken_.erase({entry.kind, entry.name});
    }
  }
}

struct QueueState::Announced {
  std::shared_ptr<QueueState> state;
  std::int64_t due;
  Announced(std::shared_ptr<QueueState> s, std::int64_t d) : state(std::move(s)), due(d) {}
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;
  ~Announced() { state->settle(due); }
};

std::shared_ptr<void> QueueState::announce(std::int64_t due) {
  announced_.insert(due);
  bound_ = std::min(bound_, due);
  lowest_ = std::min(lowest_, due);
  return std::make_shared<Announced>(shared_from_this(), due);
}

void QueueState::settle(std::int64_t due) {
  announced_.erase(announced_.find(due));
  bound_ = std::min(bound_, due);
  lowest_ = std::min(lowest_, due);
  idle_until = std::min(idle_until, due);
  wake_one();
}

void QueueState::hint() {
  look_again();
  wake_one();
}

void QueueState::wake_one() {
  if (waiters.empty()) return;
  auto waiter = std::move(waiters.front());
  waiters.pop_front();
  home_.post([waiter] { waiter->set(true); });
}

}  // namespace kiln::queue
