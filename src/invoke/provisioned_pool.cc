// SPDX-License-Identifier: Apache-2.0
#include "invoke/provisioned_pool.h"

#include "base/log.h"

#include <algorithm>

namespace kiln::invoke {

ProvisionedPool::ProvisionedPool(Clock& clock, Metrics& metrics, ColdStarter& starter,
                                 EnvironmentPool& pool, PoolLimits limits,
                                 InvocationObserver* observer)
    : clock_(clock),
      starter_(starter),
      pool_(pool),
      limits_(limits),
      observer_(observer),
      gauge_(metrics.counter("kiln_provisioned_environments")) {}

ProvisionedPool::~ProvisionedPool() {
  if (sweep_timer_ != 0) clock_.cancel(sweep_timer_);
}

void ProvisionedPool::start(lambda::ProvisionedSource& source) {
  source_ = &source;
  spawn(load_all(running_.enter()));
}

Task<void> ProvisionedPool::stop() {
  stop_.request_stop();
  co_await running_.closed();
  for (auto& [key, group] : groups_) {
    group.wanted = 0;
    trim(group);
  }
}

EnvironmentPtr ProvisionedPool::take(const lambda::FunctionVersion& function) {
  if (groups_.empty()) return nullptr;
  const auto found = groups_.find(key_of(function));
  if (found == groups_.end()) return nullptr;
  Group& group = found->second;
  while (!group.idle.empty()) {
    EnvironmentPtr environment = std::move(group.idle.back());
    group.idle.pop_back();
    if (fit(*environment) && environment->function()->deployment() == function.deployment()) {
      environment->thaw();
      return environment;
    }
    drop(group, std::move(environment));
  }
  return nullptr;
}

ProvisionedSeen ProvisionedPool::use(const lambda::FunctionVersion& function, bool taken) const {
  if (groups_.empty()) return {};
  const auto found = groups_.find(key_of(function));
  if (found == groups_.end()) return {};
  const Group& group = found->second;
  return {.busy = group.live - static_cast<int>(group.idle.size()),
          .allocated = group.live,
          .spilled = !taken && group.live > 0};
}

void ProvisionedPool::put_back(EnvironmentPtr environment, bool reusable) {
  const auto found = groups_.find(key_of(*environment->function()));
  KILN_CHECK(found != groups_.end());
  Group& group = found->second;
  if (reusable && fit(*environment) && group.live <= group.wanted) {
    group.idle.push_back(std::move(environment));
    arm_sweep();
    return;
  }
  drop(group, std::move(environment));
  fill();
}

void ProvisionedPool::changed(lambda::FunctionKey key) {
  if (source_ && !stop_.stop_requested()) spawn(reconcile(std::move(key), running_.enter()));
}

lambda::ProvisionedState ProvisionedPool::state(const lambda::FunctionKey& key,
                                                const std::string& version) {
  const auto found = groups_.find({key, version});
  if (found == groups_.end()) return {};
  const Group& group = found->second;
  return {.allocated = group.live, .failed = !group.failure.empty(), .reason = group.failure};
}

Task<void> ProvisionedPool::load_all(Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  auto listing = source_->functions();
  const auto functions = co_await std::move(listing);
  if (!functions) {
    log::error("invoke", "provisioned concurrency: " + functions.error().message);
    co_return;
  }
  for (const auto& key : *functions) {
    auto reconciling = reconcile(key, running_.enter());
    co_await std::move(reconciling);
  }
}

Task<void> ProvisionedPool::reconcile(lambda::FunctionKey key, Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  const std::uint64_t turn = ++last_turn_;
  turns_[key] = turn;
  auto asking = source_->targets(key);
  const auto targets = co_await std::move(asking);
  const auto latest = turns_.find(key);
  if (latest == turns_.end() || latest->second != turn)
    co_return;  // a later one reads, or has read
  turns_.erase(latest);
  if (!targets) {
    log::error("invoke", "provisioned concurrency: " + targets.error().message);
    co_return;
  }
  for (auto& [name, group] : groups_) {
    if (name.first == key) group.wanted = 0;
  }
  for (const auto& target : *targets) {
    Group& group = groups_[key_of(*target.version)];
    const bool another =
        group.version && group.version->deployment() != target.version->deployment();
    if (another) trim(group);
    group.version = target.version;
    group.wanted = target.count;
    group.failure.clear();
  }
  for (auto& [name, group] : groups_) {
    if (name.first == key) trim(group);
  }
  std::erase_if(groups_, [](const auto& item) {
    return item.second.wanted == 0 && item.second.live == 0 && item.second.starting == 0;
  });
  fill();
}

Task<void> ProvisionedPool::start_one(Key key, lambda::FunctionVersionPtr version,
                                      Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  auto starting = starter_.start(version, starter_.ports().random.uuid(), "", false,
                                 stop_.get_token(), "provisioned-concurrency");
  auto started = co_await std::move(starting);
  --starting_;
  Group& group = groups_[key];
  --group.starting;
  if (started && started->environment) {
    own_.insert(started->environment.get());
    gauge_.set(static_cast<std::int64_t>(own_.size()));
    meter(group);
    ++group.live;
    group.idle.push_back(std::move(started->environment));
    trim(group);
    arm_sweep();
  } else if (!stop_.stop_requested()) {
    group.failure = started ? "FUNCTION_ERROR_INIT_FAILURE" : started.error().message;
  }
  fill();
}

void ProvisionedPool::fill() {
  if (stop_.stop_requested()) return;
  for (auto& [key, group] : groups_) {
    while (group.failure.empty() && starting_ < kStartsAtOnce &&
           group.live + group.starting < group.wanted) {
      ++group.starting;
      ++starting_;
      spawn(start_one(key, group.version, running_.enter()));
    }
  }
}

// Idle ones beyond what is wanted end now, busy ones after their invocation.
void ProvisionedPool::trim(Group& group) {
  while (group.live > group.wanted && !group.idle.empty()) {
    EnvironmentPtr environment = std::move(group.idle.front());
    group.idle.erase(group.idle.begin());
    drop(group, std::move(environment));
  }
}

void ProvisionedPool::drop(Group& group, EnvironmentPtr environment) {
  meter(group);
  --group.live;
  own_.erase(environment.get());
  gauge_.set(static_cast<std::int64_t>(own_.size()));
  pool_.retire(std::move(environment));
}

bool ProvisionedPool::fit(const ExecutionEnvironment& environment) const {
  return environment.usable() &&
         clock_.monotonic().ns < environment.created().plus_ms(limits_.max_age_ms).ns;
}

void ProvisionedPool::meter(Group& group) {
  const Monotonic now = clock_.monotonic();
  const std::int64_t ms = (now.ns - group.metered.ns) / 1'000'000;
  if (group.live > 0 && observer_ && group.version)
    observer_->kept(*group.version, ms * group.live);
  group.metered = group.live > 0 ? group.metered.plus_ms(ms) : now;
}

void ProvisionedPool::sweep() {
  const Monotonic now = clock_.monotonic();
  for (auto& [key, group] : groups_) {
    meter(group);
    for (std::size_t i = 0; i < group.idle.size();) {
      ExecutionEnvironment& environment = *group.idle[i];
      if (!fit(environment)) {
        EnvironmentPtr ended = std::move(group.idle[i]);
        group.idle.erase(group.idle.begin() + static_cast<std::ptrdiff_t>(i));
        drop(group, std::move(ended));
        continue;
      }
      const bool rests = limits_.freeze_after_ms >= 0 &&
                         environment.idle_since().plus_ms(limits_.freeze_after_ms).ns <= now.ns;
      if (rests && !environment.frozen()) environment.freeze();
      ++i;
    }
  }
  fill();
}

void ProvisionedPool::arm_sweep() {
  if (sweep_timer_ != 0 || stop_.stop_requested()) return;
  sweep_timer_ = clock_.schedule(clock_.monotonic().plus_ms(kSweepMs), [this] {
    sweep_timer_ = 0;
    sweep();
    if (!own_.empty()) arm_sweep();
  });
}

}  // namespace kiln::invoke
