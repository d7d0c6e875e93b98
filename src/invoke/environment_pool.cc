// SPDX-License-Identifier: Apache-2.0
#include "invoke/environment_pool.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace kiln::invoke {

std::size_t EnvironmentPool::Hash::operator()(KeyView key) const {
  const std::hash<std::string_view> hash;
  std::size_t h = hash(key.name);
  for (const std::string_view part : {key.account, key.region, key.version, key.tenant})
    h = h * 31 + hash(part);
  return h;
}

EnvironmentPool::EnvironmentPool(Clock& clock, Metrics& metrics, PoolLimits limits)
    : clock_(clock),
      limits_(std::move(limits)),
      gauge_(metrics.counter("kiln_environments")),
      evicted_(metrics.counter("kiln_environments_evicted_total")),
      full_(metrics.counter("kiln_environments_full_total")),
      relieved_(metrics.counter("kiln_environments_evicted_for_memory_total")) {}

EnvironmentPool::~EnvironmentPool() {
  if (sweep_timer_ != 0) clock_.cancel(sweep_timer_);
  if (freeze_timer_ != 0) clock_.cancel(freeze_timer_);
}

EnvironmentPtr EnvironmentPool::take(const lambda::FunctionVersion& function,
                                     std::string_view tenant_id) {
  const auto it = groups_.find(
      KeyView{function.account, function.region, function.name, function.version, tenant_id});
  if (it == groups_.end()) return nullptr;
  Group& group = it->second;
  if (group.deployment_id != function.deployment()) {
    retire_all(group);
    group.deployment_id = function.deployment();
    return nullptr;
  }
  const Monotonic now = clock_.monotonic();
  while (!group.idle.empty()) {
    EnvironmentPtr environment = std::move(group.idle.back());
    group.idle.pop_back();
    --idle_;
    if (reusable(*environment) && !expired(*environment, now)) {
      environment->thaw();
      return environment;
    }
    retire(std::move(environment));
  }
  return nullptr;
}

bool EnvironmentPool::reserve() {
  if (stopping_) return false;
  if (size_ >= limits_.max_environments && !evict_longest_idle()) {
    full_.add();
    return false;
  }
  if (short_of_memory() && evict_longest_idle()) relieved_.add();
  gauge_.set(++size_);
  return true;
}

bool EnvironmentPool::short_of_memory() const {
  return limits_.available_bytes && limits_.available_bytes() < limits_.min_available_bytes;
}

// A part at a time: memory comes back only when they have ended.
void EnvironmentPool::relieve_memory() {
  if (!short_of_memory()) return;
  for (std::size_t i = (idle_ + 3) / 4; i > 0 && evict_longest_idle(); --i) relieved_.add();
}

void EnvironmentPool::release() { gauge_.set(--size_); }

void EnvironmentPool::put_back(EnvironmentPtr environment) {
  Group* group = environment->usable() ? group_of(*environment) : nullptr;
  if (group == nullptr) {
    retire(std::move(environment));
    return;
  }
  if (limits_.freeze_after_ms >= 0) {
    arm_freeze(environment->idle_since().plus_ms(limits_.freeze_after_ms));
  }
  group->idle.push_back(std::move(environment));
  ++idle_;
  arm_sweep();
}

void EnvironmentPool::reset(EnvironmentPtr environment) {
  Group* group = group_of(*environment);
  if (group == nullptr || !environment->reset()) {
    kill(std::move(environment));
    return;
  }
  group->idle.insert(group->idle.begin(), std::move(environment));
  ++idle_;
  arm_sweep();
}

EnvironmentPool::Group* EnvironmentPool::group_of(const ExecutionEnvironment& environment) {
  if (stopping_ || expired(environment, clock_.monotonic())) return nullptr;
  const lambda::FunctionVersion& function = *environment.function();
  const KeyView key{function.account, function.region, function.name, function.version,
                    environment.tenant_id()};
  auto it = groups_.find(key);
  if (it == groups_.end()) {
    it = groups_
             .emplace(Key{function.account, function.region, function.name, function.version,
                          environment.tenant_id()},
                      Group{function.deployment(), {}})
             .first;
  }
  // A group follows the newest revision that was asked for; this one was updated meanwhile.
  return it->second.deployment_id == function.deployment() ? &it->second : nullptr;
}

void EnvironmentPool::retire(EnvironmentPtr environment) {
  spawn(end(std::move(environment), limits_.grace_ms));
}

void EnvironmentPool::kill(EnvironmentPtr environment) { spawn(end(std::move(environment), 0)); }

Task<void> EnvironmentPool::end(EnvironmentPtr environment, std::int64_t grace_ms) {
  const Gate::Pass pass = ending_.enter();
  // Counted until it is gone: what is ending still holds memory.
  auto stopping = environment->stop(grace_ms);
  co_await std::move(stopping);
  environment.reset();
  release();
}

bool EnvironmentPool::expired(const ExecutionEnvironment& environment, Monotonic now) const {
  return now >= environment.created().plus_ms(limits_.max_age_ms) ||
         now >= environment.idle_since().plus_ms(limits_.idle_ms);
}

bool EnvironmentPool::evict_longest_idle() {
  Group* oldest = nullptr;
  for (auto& [key, group] : groups_) {
    if (group.idle.empty()) continue;
    if (!oldest || group.idle.front()->idle_since() < oldest->idle.front()->idle_since())
      oldest = &group;
  }
  if (!oldest) return false;
  EnvironmentPtr environment = std::move(oldest->idle.front());
  oldest->idle.erase(oldest->idle.begin());
  --idle_;
  evicted_.add();
  // Its place is free as soon as it has been told to go; it lives on for the grace at most.
  kill(std::move(environment));
  return true;
}

void EnvironmentPool::retire_all(Group& group) {
  for (EnvironmentPtr& environment : std::exchange(group.idle, {})) {
    --idle_;
    retire(std::move(environment));
  }
}

void EnvironmentPool::sweep() {
  const Monotonic now = clock_.monotonic();
  for (auto it = groups_.begin(); it != groups_.end();) {
    auto& idle = it->second.idle;
    for (EnvironmentPtr& environment : idle) {
      if (reusable(*environment) && !expired(*environment, now)) continue;
      --idle_;
      evicted_.add();
      retire(std::move(environment));
    }
    std::erase(idle, nullptr);
    it = idle.empty() ? groups_.erase(it) : std::next(it);
  }
  relieve_memory();
}

void EnvironmentPool::arm_sweep() {
  if (sweep_timer_ != 0 || stopping_) return;
  sweep_timer_ = clock_.schedule(clock_.monotonic().plus_ms(limits_.sweep_ms), [this] {
    sweep_timer_ = 0;
    sweep();
    if (idle_ > 0) arm_sweep();
  });
}

// One timer for all: an invocation that follows soon neither sets nor cancels one.
void EnvironmentPool::arm_freeze(Monotonic at) {
  if (freeze_timer_ != 0 || stopping_) return;
  freeze_timer_ = clock_.schedule(at, [this] {
    freeze_timer_ = 0;
    freeze_idle();
  });
}

void EnvironmentPool::freeze_idle() {
  const Monotonic now = clock_.monotonic();
  std::optional<Monotonic> next;
  for (const auto& [key, group] : groups_) {
    for (const EnvironmentPtr& environment : group.idle) {
      if (environment->frozen() || !environment->usable()) continue;
      const Monotonic due = environment->idle_since().plus_ms(limits_.freeze_after_ms);
      if (due <= now) {
        environment->freeze();
      } else {
        next = std::min(next.value_or(due), due);
      }
    }
  }
  if (next) arm_freeze(*next);
}

Task<void> EnvironmentPool::stop() {
  stopping_ = true;
  if (sweep_timer_ != 0) clock_.cancel(std::exchange(sweep_timer_, 0));
  if (freeze_timer_ != 0) clock_.cancel(std::exchange(freeze_timer_, 0));
  for (auto& [key, group] : groups_) retire_all(group);
  groups_.clear();
  co_await ending_.closed();
}

}  // namespace kiln::invoke
