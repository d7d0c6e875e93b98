// SPDX-License-Identifier: Apache-2.0
#include "lambda/activator.h"

#include "async/executor.h"
#include "base/log.h"
#include "gen/lambda/errors.h"
#include "lambda/model/layer.h"

#include <utility>

namespace kiln::lambda {
namespace {

void succeed(FunctionVersion& f) {
  f.state = State::kActive;
  f.state_reason.clear();
  f.state_reason_code.clear();
  f.last_update_status = UpdateStatus::kSuccessful;
  f.last_update_reason.clear();
  f.last_update_reason_code.clear();
}

void fail_with(FunctionVersion& f, std::string reason) {
  if (f.state == State::kPending) {
    f.state = State::kFailed;
    f.state_reason = reason;
    f.state_reason_code = "InternalError";
  }
  f.last_update_status = UpdateStatus::kFailed;
  f.last_update_reason = std::move(reason);
  f.last_update_reason_code = "InternalError";
}

// What one run found out about the code of one deployment.
struct Outcome {
  std::string deployment;
  bool ok = false;
  std::string latest_revision;
  std::string version_revision;
  std::int64_t placed = 0;  // the version that waits for its snapshot
};

void conclude(FunctionVersion& f, const Outcome& outcome, const std::string& revision) {
  f.revise(revision);
  if (outcome.ok) {
    succeed(f);
  } else {
    fail_with(f, "The code could not be unpacked on the server.");
  }
}

// $LATEST, and the version that was published while it was unfinished: they have one code.
Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, Outcome& outcome) {
  FunctionRecord& record = transaction.record();
  if (record.latest.deployment() != outcome.deployment) {
    co_return aws::ApiResult<void>(
        aws::fail(gen::lambda::resource_conflict_exception("changed meanwhile")));
  }
  conclude(record.latest, outcome, outcome.latest_revision);
  const auto number = std::exchange(record.unfinished_version, 0);
  if (number == 0) co_return aws::ApiResult<void>();
  auto reading = transaction.read(keys::version(transaction.key(), number));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return aws::ApiResult<void>();
  KILN_CO_TRY(FunctionVersion version, decode_version(*stored));
  if (outcome.ok && version.starts_from_snapshot()) {
    outcome.placed = number;
    co_return aws::ApiResult<void>();
  }
  conclude(version, outcome, outcome.version_revision);
  transaction.replace_version(version);
  co_return aws::ApiResult<void>();
}

}  // namespace

Activator::Activator(FunctionRepository& repository, CodeStore& code, Random& random, Placed placed)
    : repository_(repository), code_(code), random_(random), placed_(std::move(placed)) {}

Task<Status> Activator::start() {
  KILN_CO_TRY(auto keys, co_await repository_.pending());
  if (!keys.empty()) spawn(run_all(std::move(keys), gate_.enter()));
  co_return Status();
}

Task<void> Activator::stop() {
  stopping_ = true;
  co_await gate_.closed();
}

void Activator::activate(FunctionKey key) {
  if (!stopping_) spawn(run(std::move(key), gate_.enter()));
}

Task<void> Activator::run(FunctionKey key, Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  auto task = finish(std::move(key));
  co_await std::move(task);
}

Task<void> Activator::run_all(std::vector<FunctionKey> keys, Gate::Pass pass) {
  const Gate::Pass inside = std::move(pass);
  for (FunctionKey& key : keys) {
    if (stopping_) co_return;
    auto task = finish(std::move(key));
    co_await std::move(task);
  }
}

Task<void> Activator::finish(FunctionKey key) {
  auto find = repository_.find(key);
  const auto found = co_await std::move(find);
  if (!found || !*found) co_return;
  const FunctionVersion& f = (*found)->latest;
  auto unpack = code_.directory(f.code.sha256_hex);
  const auto directory = co_await std::move(unpack);
  if (!directory) {
    log::error("lambda", "cannot unpack the code of " + f.arn() + ": " + directory.error().message);
  }
  if (directory && !f.layers.empty()) {
    // The first invocation finds them merged, or merges them itself.
    auto layering = code_.merged_directory(layers_id(f), packages_to_merge(f));
    const auto merged = co_await std::move(layering);
    if (!merged) log::warn("lambda", "layers of " + f.arn() + ": " + merged.error().message);
  }
  const aws::ApiError gone = gen::lambda::resource_not_found_exception("Function not found");
  Outcome outcome{.deployment = f.deployment(),
                  .ok = directory.has_value(),
                  .latest_revision = random_.uuid(),
                  .version_revision = random_.uuid()};
  auto update = repository_.change(key, gone, [&outcome](FunctionTransaction& transaction) {
    return apply(transaction, outcome);
  });
  const auto updated = co_await std::move(update);
  if (!updated && updated.error().http_status >= 500) {
    log::error("lambda", "cannot finish " + f.arn() + "; it stays unfinished until a restart");
  }
  if (updated && outcome.placed > 0) placed_(key, outcome.placed);
}

}  // namespace kiln::lambda
