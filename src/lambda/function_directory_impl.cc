// SPDX-License-Identifier: Apache-2.0
#include "lambda/function_directory_impl.h"

#include "async/event.h"
#include "lambda/model/decisions.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::lambda {
namespace {

bool settled(const FunctionVersion& f) {
  return f.state != State::kPending && f.last_update_status != UpdateStatus::kInProgress;
}

}  // namespace

CachedFunctionDirectory::CachedFunctionDirectory(store::Store& store,
                                                 FunctionRepository& repository, CodeStore& code,
                                                 Clock& clock, Executor& home, Bounds bounds)
    : store_(store),
      repository_(repository),
      code_(code),
      clock_(clock),
      home_(home),
      bounds_(bounds) {}

Task<aws::ApiResult<FunctionVersionPtr>> CachedFunctionDirectory::resolve(
    aws::RequestContext context, std::string function_name, std::string qualifier) {
  const auto ref = parse_latest_ref(context, function_name, qualifier);
  if (!ref) co_return aws::fail(ref.error());
  const auto cached = entries_.find(ref->key);
  if (cached != entries_.end() && cached->second.function) {
    by_use_.splice(by_use_.begin(), by_use_, cached->second.used);
    co_return cached->second.function;
  }
  auto read = load(ref->key);
  KILN_API_TRY(FunctionVersionPtr function, "lambda", co_await std::move(read));
  if (function && !settled(*function)) {
    auto wait = wait_until_finished(ref->key);
    KILN_API_TRY(function, "lambda", co_await std::move(wait));
  }
  if (!function) co_return aws::fail(function_not_found(*ref));
  if (function->state != State::kActive) co_return aws::fail(not_in_state_to_run(*function));
  co_return function;
}

Task<Result<std::string>> CachedFunctionDirectory::code_directory(FunctionVersionPtr function) {
  return code_.directory(function->code.sha256_hex);
}

void CachedFunctionDirectory::invalidate(const FunctionKey& key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    found->second.function = nullptr;
    found->second.generation = ++last_generation_;
  }
}

CachedFunctionDirectory::Entry& CachedFunctionDirectory::touch(const FunctionKey& key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.used);
    return found->second;
  }
  if (entries_.size() >= bounds_.max_entries) {
    entries_.erase(by_use_.back());
    by_use_.pop_back();
  }
  by_use_.push_front(key);
  Entry& entry = entries_[key];
  entry.used = by_use_.begin();
  entry.generation = ++last_generation_;
  entry.watch = store_.watch(keys::function(key), home_, [this, key] { invalidate(key); });
  return entry;
}

// Null when there is no such function. Only settled functions are kept; the watch stands before the
// read, so a change during the read is not missed.
Task<Result<FunctionVersionPtr>> CachedFunctionDirectory::load(FunctionKey key) {
  const std::uint64_t generation = touch(key).generation;
  auto find = repository_.find(key);
  auto record = co_await std::move(find);
  const auto entry = entries_.find(key);
  if (!record || !*record) {
    if (entry != entries_.end()) {
      by_use_.erase(entry->second.used);
      entries_.erase(entry);
    }
    if (!record) co_return std::unexpected(std::move(record.error()));
    co_return FunctionVersionPtr();
  }
  auto function = std::make_shared<const FunctionVersion>(std::move((*record)->latest));
  if (entry != entries_.end() && entry->second.generation == generation && settled(*function)) {
    entry->second.function = function;
  }
  co_return FunctionVersionPtr(std::move(function));
}

Task<Result<FunctionVersionPtr>> CachedFunctionDirectory::wait_until_finished(FunctionKey key) {
  const Monotonic deadline = clock_.monotonic().plus_ms(bounds_.activation_wait_ms);
  for (;;) {
    const auto changed = std::make_shared<OneShot<bool>>();
    // Posted: the waiter destroys the watch, which must not happen inside its own call.
    const auto watch = store_.watch(keys::function(key), home_, [this, changed] {
      home_.post([changed] { changed->set(true); });
    });
    auto read = load(key);
    KILN_CO_TRY(FunctionVersionPtr function, co_await std::move(read));
    if (!function || settled(*function)) co_return function;
    auto wait = changed->wait(clock_, deadline, {});
    const auto woken = co_await std::move(wait);
    if (!woken) co_return function;
  }
}

}  // namespace kiln::lambda
