// SPDX-License-Identifier: Apache-2.0
#include "lambda/snap_starter.h"

#include "base/log.h"
#include "gen/lambda/errors.h"

#include <memory>
#include <string>

namespace kiln::lambda {
namespace {

void apply_outcome(FunctionVersion& version, const SnapshotOutcome& outcome) {
  version.state = outcome.active ? State::kActive : State::kFailed;
  version.state_reason = outcome.active ? "" : outcome.reason;
  version.state_reason_code = outcome.active ? "" : outcome.reason_code;
}

struct Conclusion {
  const std::string number;
  const SnapshotOutcome& outcome;
  const std::string revision;
};

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction,
                                         const Conclusion& conclusion) {
  const auto number = version_number(conclusion.number);
  auto reading = transaction.read(keys::version(transaction.key(), number));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  transaction.erase(keys::snapshot(transaction.key(), number));
  if (!stored) co_return aws::ApiResult<void>();
  KILN_CO_TRY(FunctionVersion version, decode_version(*stored));
  if (version.state != State::kPending) co_return aws::ApiResult<void>();
  apply_outcome(version, conclusion.outcome);
  version.revise(conclusion.revision);
  transaction.replace_version(version);
  co_return aws::ApiResult<void>();
}

}  // namespace

SnapStarter::SnapStarter(FunctionRepository& repository, PartRepository& parts, Random& random)
    : repository_(repository), parts_(parts), random_(random) {}

void SnapStarter::start(SnapshotTaker& taker) {
  taker_ = &taker;
  spawn(run_all(gate_.enter()));
}

Task<void> SnapStarter::stop() {
  stopping_ = true;
  co_await gate_.closed();
}

void SnapStarter::begin(FunctionKey key, std::int64_t version) {
  if (stopping_ || taker_ == nullptr) return;
  Version which{std::move(key), version};
  if (running_.insert(which).second) spawn(run(std::move(which), gate_.enter()));
}

Task<void> SnapStarter::run_all(Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  auto listing = repository_.unsaved_versions();
  auto versions = co_await std::move(listing);
  if (!versions) {
    log::error("lambda", "unfinished snapshots: " + versions.error().message);
    co_return;
  }
  for (auto& [key, version] : *versions) begin(std::move(key), version);
}

Task<void> SnapStarter::run(Version version, Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  auto finishing = finish(version);
  const auto finished = co_await std::move(finishing);
  running_.erase(version);
  if (!finished && !stopping_) {
    log::error("lambda", "version " + std::to_string(version.second) + " of " + version.first.name +
                             " stays Pending until a restart: " + finished.error().message);
  }
}

Task<Status> SnapStarter::finish(Version which) {
  auto finding = repository_.find(which.first);
  KILN_CO_TRY(const auto record, co_await std::move(finding));
  // The mark of a function that is gone goes with the next one of its name.
  auto forgetting = repository_.forget_unsaved(which.first, which.second);
  if (!record) co_return co_await std::move(forgetting);
  if (record->unfinished_version == which.second) co_return Status();
  auto reading = parts_.version(which.first, std::to_string(which.second));
  KILN_CO_TRY(auto version, co_await std::move(reading));
  if (!version || version->state != State::kPending) {
    co_return co_await std::move(forgetting);
  }
  auto taking = taker_->take(std::make_shared<const FunctionVersion>(std::move(*version)));
  auto outcome = co_await std::move(taking);
  if (outcome.interrupted) co_return Status();
  auto concluding = conclude(std::move(which), std::move(outcome));
  co_return co_await std::move(concluding);
}

Task<Status> SnapStarter::conclude(Version which, SnapshotOutcome outcome) {
  const Conclusion conclusion{
      .number = std::to_string(which.second), .outcome = outcome, .revision = random_.uuid()};
  const aws::ApiError gone = gen::lambda::resource_not_found_exception("Function not found");
  auto changing = repository_.change(
      which.first, gone,
      [&conclusion](FunctionTransaction& transaction) { return apply(transaction, conclusion); });
  const auto changed = co_await std::move(changing);
  if (changed) co_return Status();
  if (changed.error().http_status == 404) {
    auto forgetting = repository_.forget_unsaved(which.first, which.second);
    co_return co_await std::move(forgetting);
  }
  co_return fail(ErrorCode::kInternal, changed.error().message);
}

}  // namespace kiln::lambda
