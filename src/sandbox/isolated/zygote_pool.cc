// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/zygote_pool.h"

#include "sandbox/isolated/zygote.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr std::int64_t kFirstPauseMs = 1'000;
constexpr std::int64_t kLongestPauseMs = 60'000;
constexpr std::size_t kMaxKeys = 1024;

using ZygotePtr = std::shared_ptr<Zygote>;

class Pool final : public ZygotePool {
 public:
  Pool(Ports ports, ZygoteLimits limits)
      : ports_(std::move(ports)),
        limits_(limits),
        live_(ports_.metrics.counter("kiln_sandbox_zygotes")),
        starts_(ports_.metrics.counter("kiln_sandbox_zygote_starts_total")),
        forks_(ports_.metrics.counter("kiln_sandbox_zygote_forks_total")) {}

  std::unique_ptr<ZygoteLease> acquire(const EnvironmentSpec& spec) override {
    if (spec.zygote.key.empty() || stopping_) return nullptr;
    if (!kinds_.contains(spec.zygote.key) && kinds_.size() >= kMaxKeys) return nullptr;
    Kind& kind = kinds_[spec.zygote.key];
    kind.used = ports_.loop.clock().monotonic();
    const bool worn = kind.current && kind.current->forks() >= limits_.max_forks;
    if (!kind.next && (!kind.current || worn)) prepare(spec, kind);
    if (!kind.current || !kind.current->ready()) return nullptr;
    // Its successor is late or cannot be started.
    if (kind.current->forks() >= 2 * limits_.max_forks) return nullptr;
    forks_.add();
    return kind.current->lease();
  }

  void stop() override {
    stopping_ = true;
    for (const auto& [number, each] : std::map(all_)) each->close();
  }

  void launcher_gone() override {
    stopping_ = true;
    for (const auto& [number, each] : std::map(all_)) each->launcher_gone();
  }

 private:
  struct Kind {
    ZygotePtr current;
    ZygotePtr next;  // becomes ready
    Monotonic used;
    Monotonic not_before;  // after failures
    std::int64_t pause_ms = kFirstPauseMs;
  };

  void prepare(const EnvironmentSpec& spec, Kind& kind) {
    if (ports_.loop.clock().monotonic() < kind.not_before) return;
    if (!make_room(spec.zygote.key)) return;
    const auto number = ports_.take_number();
    if (!number) return;
    const std::string key = spec.zygote.key;
    kind.next = std::make_shared<Zygote>(
        Zygote::Ports{.loop = ports_.loop,
                      .channel = ports_.channel,
                      .ready = [this, key, number = *number] { became_ready(key, number); },
                      .gone = [this, key, number = *number] { gone(key, number); },
                      .free_number = [this](std::uint32_t which) { freed(which); },
                      .programs = ports_.programs},
        *number, ports_.gate.enter());
    all_[*number] = kind.next;
    live_.add(1);
    starts_.add();
    kind.next->start(spec);
  }

  // Retired ones count until their last child has ended.
  bool make_room(const std::string& for_key) {
    const auto open = [this] {
      return std::ranges::count_if(all_, [](const auto& each) { return !each.second->closed(); });
    };
    while (open() >= limits_.max_zygotes) {
      if (!retire_oldest(for_key, true)) return false;
    }
    return true;
  }

  bool retire_oldest(const std::string& except, bool only_idle) {
    Kind* oldest = nullptr;
    for (auto& [key, kind] : kinds_) {
      if (key == except || !kind.current || (only_idle && !kind.current->idle())) continue;
      if (oldest == nullptr || kind.used < oldest->used) oldest = &kind;
    }
    if (oldest == nullptr) return false;
    std::exchange(oldest->current, nullptr)->retire();
    return true;
  }

  void became_ready(const std::string& key, std::uint32_t number) {
    Kind& kind = kinds_[key];
    if (!kind.next || kind.next->number() != number) return;
    if (const ZygotePtr worn = std::exchange(kind.current, std::move(kind.next))) worn->retire();
    kind.next = nullptr;
    kind.pause_ms = kFirstPauseMs;
    while (memory_bytes() > limits_.memory_budget_bytes && retire_oldest(key, false)) {
    }
  }

  std::int64_t memory_bytes() const {
    std::int64_t sum = 0;
    for (const auto& [key, kind] : kinds_) sum += kind.current ? kind.current->memory_bytes() : 0;
    return sum;
  }

  void gone(const std::string& key, std::uint32_t number) {
    Kind& kind = kinds_[key];
    if (kind.current && kind.current->number() == number) kind.current = nullptr;
    if (!kind.next || kind.next->number() != number) return;
    kind.next = nullptr;
    kind.not_before = ports_.loop.clock().monotonic().plus_ms(kind.pause_ms);
    kind.pause_ms = std::min(2 * kind.pause_ms, kLongestPauseMs);
  }

  void freed(std::uint32_t number) {
    live_.add(-1);
    all_.erase(number);
    ports_.free_number(number);
  }

  Ports ports_;
  const ZygoteLimits limits_;
  Counter& live_;
  Counter& starts_;
  Counter& forks_;
  std::map<std::string, Kind> kinds_;
  std::map<std::uint32_t, ZygotePtr> all_;  // until nothing is left of them
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<ZygotePool> ZygotePool::create(Ports ports, ZygoteLimits limits) {
  return std::make_unique<Pool>(std::move(ports), limits);
}

}  // namespace kiln::sandbox
