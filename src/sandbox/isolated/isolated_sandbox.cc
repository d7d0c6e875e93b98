// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/isolated_sandbox.h"

#include "async/asio_loop.h"
#include "async/gate.h"
#include "base/log.h"
#include "launcher/client.h"
#include "os/files.h"
#include "sandbox/isolated/isolated_environment.h"
#include "sandbox/isolated/standby_pool.h"
#include "sandbox/isolated/zygote_pool.h"

#include <algorithm>
#include <bitset>
#include <deque>
#include <map>
#include <sys/wait.h>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr int kReadyTimeoutMs = 10'000;
constexpr std::int64_t kRefillDelayMs = 20;
constexpr std::int64_t kLongestBurstMs = 500;
constexpr std::uint32_t kDefaultTmpMb = 512;

// What the caller holds; its end is the environment's end.
class Handle final : public Environment {
 public:
  explicit Handle(std::shared_ptr<IsolatedEnvironment> environment)
      : environment_(std::move(environment)) {}
  ~Handle() override { environment_->close(); }
  const std::string& id() const override { return environment_->id(); }
  Fd take_runtime_api_listener() override { return environment_->take_listener(); }
  Fd take_runtime_api_connection() override { return environment_->take_connection(); }
  void on_output(std::function<void(const Output&)> sink) override {
    environment_->on_output(std::move(sink));
  }
  void on_exit(std::function<void(ExitStatus)> callback) override {
    environment_->on_exit(std::move(callback));
  }
  void drain_output() override { environment_->drain_output(); }
  Task<Status> run_command(std::stop_token stop) override {
    return environment_->run_command(std::move(stop));
  }
  Task<Status> start_process(ProcessSpec spec, std::stop_token stop) override {
    return environment_->start_process(std::move(spec), std::move(stop));
  }
  Task<Result<Fd>> connect(int port, std::stop_token stop) override {
    return environment_->connect(port, std::move(stop));
  }
  Task<Status> reset(std::stop_token stop) override { return environment_->reset(std::move(stop)); }
  bool can_reset() const override { return environment_->usable(); }
  void terminate(std::int64_t grace_ms) override { environment_->terminate(grace_ms); }
  void end_initialization() override { environment_->end_initialization(); }
  std::int64_t peak_memory_bytes() const override { return environment_->peak_memory_bytes(); }
  void freeze() override { environment_->freeze(true); }
  void thaw() override { environment_->freeze(false); }

 private:
  std::shared_ptr<IsolatedEnvironment> environment_;
};

class Engine final : public IsolatedSandbox {
 public:
  Engine(Loop& loop, Metrics& metrics, IsolatedSandboxOptions options,
         launcher::LauncherProcess launcher, launcher::Ready ready)
      : loop_(loop),
        options_(std::move(options)),
        ready_(std::move(ready)),
        metrics_(metrics),
        resolvers_(options_.resolvers.empty()
                       ? resolvers_of(read_file("/etc/resolv.conf").value_or(""))
                       : options_.resolvers),
        launcher_(std::move(launcher)),
        live_(metrics.counter("kiln_sandbox_environments")),
        reserved_(metrics.counter("kiln_sandbox_reserve")),
        starts_(metrics.counter("kiln_sandbox_starts_total")),
        failures_(metrics.counter("kiln_sandbox_start_failures_total")),
        reserve_misses_(metrics.counter("kiln_sandbox_reserve_misses_total")),
        channel_(LauncherChannel::open(loop, std::move(launcher_.control),
                                       [this] { launcher_gone(); })) {
    if (ready_.level == "root") {
      zygotes_ = ZygotePool::create(
          {.loop = loop_,
           .metrics = metrics,
           .channel = channel_,
           .take_number = [this] { return take_number(); },
           .free_number = [this](std::uint32_t number) { used_.reset(number); },
           .gate = gate_,
           .programs = options_.launcher.substr(0, options_.launcher.rfind('/'))},
          options_.zygotes);
    }
    standbys_ = StandbyPool::create({.loop = loop_,
                                     .metrics = metrics,
                                     .make = [this] { return take({.tmp_mb = kDefaultTmpMb}); },
                                     .zygote =
                                         [this](const EnvironmentSpec& spec) {
                                           return zygotes_ ? zygotes_->acquire(spec) : nullptr;
                                         }},
                                    options_.standbys);
    refill();
  }
  ~Engine() override {
    cancel_refill();
    channel_->close();
  }

  Task<Result<std::unique_ptr<Environment>>> start(EnvironmentSpec spec,
                                                   std::stop_token stop) override {
    if (stopping_ || stop.stop_requested()) {
      co_return fail(ErrorCode::kCancelled, "the sandbox is stopping");
    }
    if (spec.egress && !spec.egress->empty() && !egress_support().reaches) {
      co_return fail(ErrorCode::kInternal, "environments have no way out to the network");
    }
    starts_.add();
    if (spec.snapshot.file) use_snapshot(spec);
    if (auto waiting = standby_for(spec)) {
      auto adopting = adopt(std::move(waiting), spec, stop);
      auto adopted = co_await std::move(adopting);
      if (adopted || is_final(adopted.error()) || stop.stop_requested()) {
        if (!adopted) failures_.add();
        co_return adopted;
      }
      log::warn("sandbox", "a plain start: " + adopted.error().message);
    }
    auto zygote = zygotes_ ? zygotes_->acquire(spec) : nullptr;
    if (zygote) {
      auto forking = start_once(spec, std::move(zygote), stop);
      auto forked = co_await std::move(forking);
      if (forked || is_final(forked.error()) || stop.stop_requested()) {
        if (!forked) failures_.add();
        co_return forked;
      }
      log::warn("sandbox", "exec instead of fork: " + forked.error().message);
    }
    auto starting = start_once(std::move(spec), nullptr, stop);
    auto started = co_await std::move(starting);
    if (!started) failures_.add();
    co_return started;
  }

  std::string_view level() const override { return ready_.level; }
  EgressSupport egress_support() const override {
    return {.reaches = ready_.network == "routed", .restricts = true};
  }
  const std::vector<std::string>& unenforced() const override { return ready_.unenforced; }
  std::string_view no_snapshots() const override { return ""; }
  int reserve() const override { return static_cast<int>(reserve_.size()); }

  Task<void> stop() override {
    stopping_ = true;
    cancel_refill();
    auto ending = standbys_->stop();
    co_await std::move(ending);
    reserved_.add(-static_cast<std::int64_t>(reserve_.size()));
    reserve_.clear();
    // Closing one changes the map.
    const auto all = environments_;
    for (const auto& [number, weak] : all) {
      if (const auto environment = weak.lock()) environment->close();
    }
    if (zygotes_) zygotes_->stop();
    co_await gate_.closed();
    channel_->close();
    // It ends by itself now that the channel is closed and nothing is left.
    if (launcher_.pid > 0) waitpid(std::exchange(launcher_.pid, -1), nullptr, 0);
  }

 private:
  using EnvironmentPtr = std::shared_ptr<IsolatedEnvironment>;

  EnvironmentPtr standby_for(const EnvironmentSpec& spec) {
    if (spec.ephemeral_storage_mb != static_cast<int>(kDefaultTmpMb)) return nullptr;
    return standbys_->take(spec);
  }

  Task<Result<std::unique_ptr<Environment>>> adopt(EnvironmentPtr environment, EnvironmentSpec spec,
                                                   std::stop_token stop) {
    const bool deferred = spec.defer_command;
    auto adopting = environment->adopt(std::move(spec), stop);
    Status adopted = co_await std::move(adopting);
    if (adopted && !deferred) {
      auto starting = environment->run_command(stop);
      adopted = co_await std::move(starting);
    }
    if (!adopted) {
      environment->close();
      co_return std::unexpected(std::move(adopted.error()));
    }
    co_return std::make_unique<Handle>(environment);
  }

  void use_snapshot(EnvironmentSpec& spec) const {
    const std::string programs = options_.launcher.substr(0, options_.launcher.rfind('/'));
    spec.zygote = {};
    spec.standby = {};
    spec.directories.push_back({"{snapshot}", programs + "/snapshot", "/var/kiln"});
    const std::string number = std::to_string(kSnapshotDescriptor);
    if (spec.snapshot.restore) {
      spec.command = {"{snapshot}/kiln-restore", number};
    } else {
      spec.platform_variables.emplace_back("_KILN_SNAPSHOT",
                                           number + ":{snapshot}/libkiln_snapshot.so");
    }
  }

  // Not the zygote's fault: there is no room, or the command's owner is to blame.
  static bool is_final(const Error& error) {
    return error.code != ErrorCode::kIo && error.code != ErrorCode::kTimeout;
  }

  Task<Result<std::unique_ptr<Environment>>> start_once(EnvironmentSpec spec,
                                                        std::unique_ptr<ZygoteLease> zygote,
                                                        std::stop_token stop) {
    auto taking = take({.tmp_mb = static_cast<std::uint32_t>(spec.ephemeral_storage_mb)});
    auto taken = co_await std::move(taking);
    if (!taken) co_return std::unexpected(std::move(taken.error()));
    const std::shared_ptr<IsolatedEnvironment> environment = std::move(*taken);
    const bool deferred = spec.defer_command;
    Status started = environment->prepare(std::move(spec), std::move(zygote));
    if (started) {
      auto restricting = environment->restrict_egress(stop);
      started = co_await std::move(restricting);
    }
    if (started && !deferred) {
      auto starting = environment->run_command(stop);
      started = co_await std::move(starting);
    }
    if (!started) {
      environment->close();
      co_return std::unexpected(std::move(started.error()));
    }
    co_return std::make_unique<Handle>(environment);
  }

  Task<Result<EnvironmentPtr>> take(launcher::Make wanted) {
    note_demand();
    while (wanted.tmp_mb == kDefaultTmpMb && !reserve_.empty()) {
      EnvironmentPtr ready = std::move(reserve_.front());
      reserve_.pop_front();
      reserved_.add(-1);
      refill_later();
      if (ready->usable()) co_return ready;
      ready->close();
    }
    reserve_misses_.add();
    auto making = make(wanted);
    auto made = co_await std::move(making);
    refill_later();  // demand has grown
    co_return made;
  }

  Task<Result<EnvironmentPtr>> make(launcher::Make wanted) {
    if (gone_) {
      co_return fail(ErrorCode::kIo, "the launcher has ended; restart the server");
    }
    const auto number = take_number();
    if (!number) {
      co_return fail(ErrorCode::kLimitExceeded,
                     "there are " + std::to_string(launcher::kMaxEnvironments) + " environments");
    }
    auto environment = std::make_shared<IsolatedEnvironment>(
        IsolatedEnvironment::Ports{.loop = loop_,
                                   .channel = channel_,
                                   .endpoint_connection = options_.endpoint_connection,
                                   .destroyed = [this](std::uint32_t which) { destroyed(which); },
                                   .names = {loop_, random_, metrics_, resolvers_},
                                   .zygote =
                                       [this](const EnvironmentSpec& spec) {
                                         return zygotes_ ? zygotes_->acquire(spec) : nullptr;
                                       }},
        *number, gate_.enter());
    environments_[*number] = environment;
    live_.add(1);
    auto making = environment->make(wanted);
    if (auto made = co_await std::move(making); !made) {
      environment->close();
      co_return std::unexpected(std::move(made.error()));
    }
    co_return environment;
  }

  // Numbers are taken in turn, so that late packets of a dead one never meet a new one.
  std::optional<std::uint32_t> take_number() {
    if (used_.all()) return std::nullopt;
    do {
      last_number_ = (last_number_ + 1) % launcher::kMaxEnvironments;
    } while (used_[last_number_]);
    used_.set(last_number_);
    return last_number_;
  }

  void destroyed(std::uint32_t number) {
    live_.add(-1);
    used_.reset(number);
    environments_.erase(number);
  }

  void launcher_gone() {
    gone_ = true;
    if (zygotes_) zygotes_->launcher_gone();
    const auto all = environments_;
    for (const auto& [number, weak] : all) {
      if (const auto environment = weak.lock()) environment->launcher_gone();
    }
  }

  void note_demand() {
    const Monotonic now = loop_.clock().monotonic();
    taken_at_.push_back(now);
    while (!taken_at_.empty() && taken_at_.front().plus_ms(kReserveWindowMs) < now) {
      taken_at_.pop_front();
    }
    if (taken_at_.size() > static_cast<std::size_t>(options_.max_reserve)) taken_at_.pop_front();
  }
  int wanted() const {
    return std::clamp(static_cast<int>(taken_at_.size()), options_.min_reserve,
                      options_.max_reserve);
  }
  // Starts go first, a burst of them as a whole: environments are made ahead again when none was
  // taken for a moment, or half a second after the first.
  void refill_later() {
    last_taken_ = loop_.clock().monotonic();
    if (refill_timer_ != 0 || stopping_) return;
    burst_began_ = last_taken_;
    arm_refill(last_taken_.plus_ms(kRefillDelayMs));
  }
  void arm_refill(Monotonic at) {
    refill_timer_ = loop_.clock().schedule(at, [this] {
      refill_timer_ = 0;
      const Monotonic due =
          std::min(last_taken_.plus_ms(kRefillDelayMs), burst_began_.plus_ms(kLongestBurstMs));
      if (loop_.clock().monotonic() < due) return arm_refill(due);
      refill();
    });
  }
  void cancel_refill() {
    if (refill_timer_ != 0) loop_.clock().cancel(std::exchange(refill_timer_, 0));
  }
  void refill() {
    while (!stopping_ && !gone_ && !refill_failed_ &&
           static_cast<int>(reserve_.size()) + refilling_ < wanted()) {
      ++refilling_;
      spawn(refill_one());
    }
  }
  Task<void> refill_one() {
    auto making = make({.tmp_mb = kDefaultTmpMb});
    auto made = co_await std::move(making);
    --refilling_;
    if (!made) {
      if (stopping_) co_return;
      // The next start says why; trying again at once would not help.
      refill_failed_ = true;
      log::warn("sandbox", "the reserve cannot be filled: " + made.error().message);
      co_return;
    }
    if (stopping_) {
      (*made)->close();
      co_return;
    }
    refill_failed_ = false;
    reserve_.push_back(std::move(*made));
    reserved_.add(1);
  }

  Loop& loop_;
  const IsolatedSandboxOptions options_;
  const launcher::Ready ready_;
  Metrics& metrics_;
  SystemRandom random_;
  const std::vector<Resolver> resolvers_;
  launcher::LauncherProcess launcher_;
  Counter& live_;
  Counter& reserved_;
  Counter& starts_;
  Counter& failures_;
  Counter& reserve_misses_;
  std::shared_ptr<LauncherChannel> channel_;
  std::map<std::uint32_t, std::weak_ptr<IsolatedEnvironment>> environments_;
  std::bitset<launcher::kMaxEnvironments> used_;
  std::uint32_t last_number_ = launcher::kMaxEnvironments - 1;
  Gate gate_;
  std::unique_ptr<ZygotePool> zygotes_;  // none below level root
  std::unique_ptr<StandbyPool> standbys_;
  std::deque<EnvironmentPtr> reserve_;
  std::deque<Monotonic> taken_at_;  // starts within the window
  int refilling_ = 0;
  Clock::TimerId refill_timer_ = 0;
  Monotonic burst_began_{};
  Monotonic last_taken_{};
  bool refill_failed_ = false;
  bool stopping_ = false;
  bool gone_ = false;
};

}  // namespace

namespace {

Result<launcher::Ready> wait_ready(int control) {
  launcher::Client client(control);
  KILN_TRY(auto ready, client.expect<launcher::Ready>(nullptr, kReadyTimeoutMs));
  if (ready.level != "userns") return ready;
  constexpr std::uint32_t kTrial = launcher::kMaxEnvironments - 1;
  std::vector<Fd> descriptors;
  KILN_TRY_VOID(client.send(launcher::Make{.environment = kTrial, .tmp_mb = 1, .egress = false}));
  KILN_TRY(const auto made, client.expect<launcher::Made>(&descriptors, kReadyTimeoutMs));
  KILN_TRY_VOID(client.send(launcher::Destroy{made.environment}));
  KILN_TRY(const auto gone, client.expect<launcher::Destroyed>(nullptr, kReadyTimeoutMs));
  (void)gone;
  return ready;
}

}  // namespace

Result<StartedLauncher> start_isolation(const IsolatedSandboxOptions& options) {
  KILN_TRY(launcher::LauncherProcess launcher,
           launcher::start_launcher(options.launcher, options.init, options.state_directory,
                                    {"--level=" + options.level, "--network=" + options.network}));
  auto ready = wait_ready(launcher.control.get());
  if (!ready) {
    launcher.control.reset();
    waitpid(launcher.pid, nullptr, 0);
    return std::unexpected(std::move(ready.error()).context("the launcher did not start"));
  }
  return StartedLauncher{std::move(launcher), std::move(*ready)};
}

std::unique_ptr<IsolatedSandbox> open_isolated_sandbox(Loop& loop, Metrics& metrics,
                                                       IsolatedSandboxOptions options,
                                                       StartedLauncher started) {
  return std::make_unique<Engine>(loop, metrics, std::move(options), std::move(started.process),
                                  std::move(started.ready));
}

Result<std::unique_ptr<IsolatedSandbox>> open_isolated_sandbox(Loop& loop, Metrics& metrics,
                                                               IsolatedSandboxOptions options) {
  KILN_TRY(StartedLauncher started, start_isolation(options));
  return open_isolated_sandbox(loop, metrics, std::move(options), std::move(started));
}

}  // namespace kiln::sandbox
