// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/standby_pool.h"

#include "base/log.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kSweepMs = 1'000;
constexpr std::int64_t kLongestBurstMs = 500;
constexpr std::int64_t kFirstPauseMs = 1'000;
constexpr std::int64_t kLongestPauseMs = 60'000;
constexpr std::int64_t kZygoteRetryMs = 200;
constexpr int kBootMemoryMb = 512;
constexpr std::size_t kMaxKeys = 256;
// Until one was measured.
constexpr std::int64_t kGuessedBytes = std::int64_t{24} << 20;

class Pool final : public StandbyPool {
 public:
  Pool(Ports ports, StandbyLimits limits)
      : ports_(std::move(ports)),
        limits_(limits),
        waiting_(ports_.metrics.counter("kiln_sandbox_standby")),
        memory_(ports_.metrics.counter("kiln_sandbox_standby_bytes")),
        hits_(ports_.metrics.counter("kiln_sandbox_standby_hits_total")),
        misses_(ports_.metrics.counter("kiln_sandbox_standby_misses_total")) {}
  ~Pool() override {
    if (timer_ != 0) ports_.loop.clock().cancel(timer_);
  }

  EnvironmentPtr take(const EnvironmentSpec& spec) override {
    if (spec.standby.key.empty() || stopping_) return nullptr;
    const std::string* key = &spec.standby.key;
    // Functions choose what distinguishes keys that can do with another: they leave room for those.
    const std::size_t room = spec.standby.otherwise.empty() ? kMaxKeys : kMaxKeys / 2;
    if (!kinds_.contains(*key) && kinds_.size() >= room) {
      key = &spec.standby.otherwise;
      if (!kinds_.contains(*key)) return nullptr;
    }
    Kind& kind = kinds_[*key];
    if (!kind.known) remember(kind, spec);
    kind.used = now();
    kind.asked.push_back(kind.used);
    if (kind.asked.size() > static_cast<std::size_t>(limits_.max_waiting)) kind.asked.pop_front();
    EnvironmentPtr found = take_from(kind);
    if (const auto other = kinds_.find(spec.standby.otherwise); !found && other != kinds_.end()) {
      found = take_from(other->second);
    }
    (found ? hits_ : misses_).add();
    show();
    if (!std::exchange(in_burst_, true)) burst_began_ = kind.used;
    last_asked_ = kind.used;
    arm(limits_.delay_ms);
    return found;
  }

  int waiting() const override { return static_cast<int>(count()); }

  Task<void> stop() override {
    stopping_ = true;
    if (timer_ != 0) ports_.loop.clock().cancel(std::exchange(timer_, 0));
    for (auto& [key, kind] : kinds_) clear(kind);
    show();
    co_await booting_.closed();
  }

 private:
  struct Kind {
    bool known = false;
    EnvironmentSpec spec;  // nothing of a function in it
    std::deque<EnvironmentPtr> ready;
    std::deque<Monotonic> asked;  // within the window
    Monotonic used{};
    Monotonic not_before{};  // after failures
    std::int64_t pause_ms = kFirstPauseMs;
    std::int64_t bytes = kGuessedBytes;  // of one
    int booting = 0;
  };

  Monotonic now() const { return ports_.loop.clock().monotonic(); }

  static void remember(Kind& kind, const EnvironmentSpec& spec) {
    kind.known = true;
    kind.spec.command = spec.command;
    kind.spec.runtime_directory = spec.runtime_directory;
    kind.spec.directories = spec.directories;
    kind.spec.zygote = spec.zygote;
    kind.spec.standby = spec.standby;
    kind.spec.memory_mb = kBootMemoryMb;
  }

  std::size_t count() const {
    std::size_t all = 0;
    for (const auto& [key, kind] : kinds_) all += kind.ready.size();
    return all;
  }
  std::int64_t bytes() const {
    std::int64_t all = 0;
    for (const auto& [key, kind] : kinds_) {
      all += kind.bytes * (static_cast<std::int64_t>(kind.ready.size()) + kind.booting);
    }
    return all;
  }
  void show() {
    waiting_.set(static_cast<std::int64_t>(count()));
    memory_.set(bytes());
  }

  static EnvironmentPtr take_from(Kind& kind) {
    EnvironmentPtr found;
    while (!found && !kind.ready.empty()) {
      found = std::move(kind.ready.front());
      kind.ready.pop_front();
      if (!found->usable()) std::exchange(found, nullptr)->close();
    }
    return found;
  }

  static void clear(Kind& kind) {
    for (const EnvironmentPtr& each : kind.ready) each->close();
    kind.ready.clear();
  }

  void arm(std::int64_t after_ms) {
    const Monotonic at = now().plus_ms(after_ms);
    if (stopping_ || (timer_ != 0 && armed_for_ <= at)) return;
    Clock& clock = ports_.loop.clock();
    if (timer_ != 0) clock.cancel(timer_);
    armed_for_ = at;
    timer_ = clock.schedule(at, [this] {
      timer_ = 0;
      sweep();
    });
  }

  void sweep() {
    const Monotonic at = now();
    const Monotonic due =
        std::min(last_asked_.plus_ms(limits_.delay_ms), burst_began_.plus_ms(kLongestBurstMs));
    if (in_burst_ && at < due) return arm((due.ns - at.ns + 999'999) / 1'000'000);
    in_burst_ = false;
    for (auto it = kinds_.begin(); it != kinds_.end();) {
      Kind& kind = it->second;
      while (!kind.asked.empty() && kind.asked.front().plus_ms(limits_.window_ms) < at) {
        kind.asked.pop_front();
      }
      if (kind.used.plus_ms(limits_.keep_ms) < at && kind.booting == 0) {
        clear(kind);
        it = kinds_.erase(it);
        continue;
      }
      while (kind.ready.size() > static_cast<std::size_t>(wanted(kind))) {
        kind.ready.back()->close();
        kind.ready.pop_back();
      }
      ++it;
    }
    refill();
    show();
    if (!kinds_.empty()) arm(kSweepMs);
  }

  int wanted(const Kind& kind) const {
    return std::clamp(static_cast<int>(kind.asked.size()), 1, limits_.max_waiting);
  }

  // The kinds that lack most of what they want, the latest used first.
  void refill() {
    while (!stopping_ && static_cast<int>(booting_.inside()) < limits_.max_booting) {
      const std::string* chosen = nullptr;
      double least = 1;
      for (const auto& [key, kind] : kinds_) {
        const double filled =
            static_cast<double>(static_cast<int>(kind.ready.size()) + kind.booting) / wanted(kind);
        if (filled >= 1 || now() < kind.not_before) continue;
        if (chosen == nullptr || filled < least ||
            (filled == least && kind.used > kinds_.at(*chosen).used)) {
          chosen = &key;
          least = filled;
        }
      }
      if (chosen == nullptr || !make_room(*chosen)) return;
      ++kinds_.at(*chosen).booting;
      const std::string key = *chosen;
      spawn(boot(key));
    }
  }

  // Others give way that were used before it.
  bool make_room(const std::string& key) {
    Kind& wanting = kinds_.at(key);
    const auto fits = [&] {
      return count() + booting_.inside() < static_cast<std::size_t>(limits_.max_waiting) &&
             bytes() + wanting.bytes <= limits_.memory_budget_bytes;
    };
    while (!fits()) {
      Kind* oldest = nullptr;
      for (auto& [other, kind] : kinds_) {
        if (kind.ready.empty() || !(kind.used < wanting.used)) continue;
        if (oldest == nullptr || kind.used < oldest->used) oldest = &kind;
      }
      if (oldest == nullptr) return false;
      oldest->ready.back()->close();
      oldest->ready.pop_back();
    }
    return true;
  }

  Task<void> boot(std::string key) {
    const Gate::Pass pass = booting_.enter();
    const EnvironmentSpec spec = kinds_.at(key).spec;
    auto zygote = ports_.zygote(spec);
    Status booted;
    EnvironmentPtr environment;
    const bool ready = zygote != nullptr || spec.zygote.key.empty();
    if (ready) {
      auto making = ports_.make();
      auto made = co_await std::move(making);
      if (made) environment = std::move(*made);
      if (!made) booted = std::unexpected(std::move(made.error()));
    }
    if (environment) {
      auto booting = environment->boot(spec, std::move(zygote));
      booted = co_await std::move(booting);
    }
    finish(key, std::move(environment), booted);
  }

  void finish(const std::string& key, EnvironmentPtr environment, const Status& booted) {
    Kind& kind = kinds_.at(key);
    --kind.booting;
    if (environment && booted && !stopping_) {
      kind.pause_ms = kFirstPauseMs;
      kind.bytes =
          std::max(environment->peak_memory_bytes(), kind.ready.empty() ? 0 : measure(kind));
      if (kind.bytes == 0) kind.bytes = kGuessedBytes;
      kind.ready.push_back(std::move(environment));
      show();
      arm(0);
      return;
    }
    if (environment) environment->close();
    if (stopping_) return;
    if (booted && !environment) {  // its zygote is late
      kind.not_before = now().plus_ms(kZygoteRetryMs);
      arm(kZygoteRetryMs);
      return;
    }
    kind.not_before = now().plus_ms(kind.pause_ms);
    kind.pause_ms = std::min(2 * kind.pause_ms, kLongestPauseMs);
    log::warn("sandbox", "standby: " + (booted ? std::string("none") : booted.error().message));
  }

  // What the first of them uses, which has long booted.
  static std::int64_t measure(const Kind& kind) { return kind.ready.front()->peak_memory_bytes(); }

  Ports ports_;
  const StandbyLimits limits_;
  Counter& waiting_;
  Counter& memory_;
  Counter& hits_;
  Counter& misses_;
  std::map<std::string, Kind> kinds_;
  Clock::TimerId timer_ = 0;
  Monotonic armed_for_{};
  bool in_burst_ = false;
  Monotonic burst_began_{};
  Monotonic last_asked_{};
  Gate booting_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<StandbyPool> StandbyPool::create(Ports ports, StandbyLimits limits) {
  return std::make_unique<Pool>(std::move(ports), limits);
}

}  // namespace kiln::sandbox
