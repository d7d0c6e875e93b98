// SPDX-License-Identifier: Apache-2.0
#include "lambda/function_directory_impl.h"

#include "async/event.h"
#include "lambda/model/decisions.h"
#include "lambda/model/function_ref.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

bool settled(const FunctionVersion& f) {
  return f.state != State::kPending && f.last_update_status != UpdateStatus::kInProgress;
}

}  // namespace

CachedFunctionDirectory::CachedFunctionDirectory(store::Store& store,
                                                 FunctionRepository& repository, CodeStore& code,
                                                 Clock& clock, Executor& home,
                                                 std::int32_t account_concurrency, Bounds bounds)
    : store_(store),
      repository_(repository),
      code_(code),
      clock_(clock),
      home_(home),
      account_concurrency_(account_concurrency),
      bounds_(bounds) {}

Task<aws::ApiResult<ResolvedFunction>> CachedFunctionDirectory::resolve(aws::RequestContext context,
                                                                        std::string function_name,
                                                                        std::string qualifier) {
  const auto ref = parse_latest_ref(context, function_name, qualifier);
  if (!ref) co_return aws::fail(ref.error());
  if (const auto cached = entries_.find(ref->key); cached != entries_.end()) {
    const Entry& entry = cached->second;
    if (entry.function && entry.reservations->total) {
      by_use_.splice(by_use_.begin(), by_use_, entry.used);
      auto out = resolved(entry.function, entry.reserved, *entry.reservations->total);
      out.allows_recursion = entry.allows_recursion;
      co_return out;
    }
  }
  auto read = load(ref->key);
  KILN_API_TRY(ResolvedFunction function, "lambda", co_await std::move(read));
  if (function.version && !settled(*function.version)) {
    auto wait = wait_until_finished(ref->key);
    KILN_API_TRY(function, "lambda", co_await std::move(wait));
  }
  if (!function.version) co_return aws::fail(function_not_found(*ref));
  if (function.version->state != State::kActive)
    co_return aws::fail(not_in_state_to_run(*function.version));
  co_return function;
}

ResolvedFunction CachedFunctionDirectory::resolved(FunctionVersionPtr function,
                                                   std::optional<std::int32_t> reserved,
                                                   std::int64_t reserved_total) const {
  const auto unreserved = std::max<std::int64_t>(0, account_concurrency_ - reserved_total);
  return {
      .version = std::move(function),
      .concurrency = {.reserved = reserved, .unreserved = static_cast<std::int32_t>(unreserved)}};
}

Task<Result<std::string>> CachedFunctionDirectory::code_directory(FunctionVersionPtr function) {
  return code_.directory(function->code.sha256_hex);
}

void CachedFunctionDirectory::invalidate(const FunctionKey& key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    found->second.function = nullptr;
    found->second.generation = ++last_generation_;
  }
  if (const auto found = reservations_.find({key.account, key.region});
      found != reservations_.end()) {
    if (const auto reservations = found->second.lock()) {
      reservations->total.reset();
      reservations->generation = ++last_generation_;
    }
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
  entry.reservations = reservations_of(key);
  entry.watch = store_.watch(keys::function(key), home_, [this, key] { invalidate(key); });
  return entry;
}

std::shared_ptr<CachedFunctionDirectory::Reservations> CachedFunctionDirectory::reservations_of(
    const FunctionKey& key) {
  auto& known = reservations_[{key.account, key.region}];
  if (auto reservations = known.lock()) return reservations;
  auto made = std::make_shared<Reservations>();
  made->generation = ++last_generation_;
  known = made;
  made->watch = store_.watch(keys::usage(key.account, key.region), home_, [this, weak = known] {
    if (const auto reservations = weak.lock()) {
      reservations->total.reset();
      reservations->generation = ++last_generation_;
    }
  });
  if (reservations_.size() > bounds_.max_entries) {
    std::erase_if(reservations_, [](const auto& item) { return item.second.expired(); });
  }
  return made;
}

// Only settled functions are kept; the watch stands before the read, so a change during the read is
// not missed.
Task<Result<ResolvedFunction>> CachedFunctionDirectory::load(FunctionKey key) {
  const std::uint64_t generation = touch(key).generation;
  auto count = load_reservations(key, touch(key).reservations);
  auto reserved_total = co_await std::move(count);
  auto find = repository_.find(key);
  auto record = co_await std::move(find);
  const auto entry = entries_.find(key);
  if (!reserved_total || !record || !*record) {
    if (entry != entries_.end()) {
      by_use_.erase(entry->second.used);
      entries_.erase(entry);
    }
    if (!reserved_total) co_return std::unexpected(std::move(reserved_total.error()));
    if (!record) co_return std::unexpected(std::move(record.error()));
    co_return ResolvedFunction();
  }
  const auto reserved = (*record)->reserved_concurrency;
  const bool allows_recursion = (*record)->allows_recursion;
  auto function = std::make_shared<const FunctionVersion>(std::move((*record)->latest));
  if (entry != entries_.end() && entry->second.generation == generation && settled(*function)) {
    entry->second.function = function;
    entry->second.reserved = reserved;
    entry->second.allows_recursion = allows_recursion;
  }
  auto out = resolved(std::move(function), reserved, *reserved_total);
  out.allows_recursion = allows_recursion;
  co_return out;
}

Task<Result<std::int64_t>> CachedFunctionDirectory::load_reservations(
    FunctionKey key, std::shared_ptr<Reservations> reservations) {
  if (reservations->total) co_return *reservations->total;
  const std::uint64_t generation = reservations->generation;
  auto read = repository_.usage(key.account, key.region);
  KILN_CO_TRY(const Usage usage, co_await std::move(read));
  if (reservations->generation == generation) reservations->total = usage.reserved_concurrency;
  co_return usage.reserved_concurrency;
}

Task<Result<ResolvedFunction>> CachedFunctionDirectory::wait_until_finished(FunctionKey key) {
  const Monotonic deadline = clock_.monotonic().plus_ms(bounds_.activation_wait_ms);
  for (;;) {
    const auto changed = std::make_shared<OneShot<bool>>();
    // Posted: the waiter destroys the watch, which must not happen inside its own call.
    const auto watch = store_.watch(keys::function(key), home_, [this, changed] {
      home_.post([changed] { changed->set(true); });
    });
    auto read = load(key);
    KILN_CO_TRY(ResolvedFunction function, co_await std::move(read));
    if (!function.version || settled(*function.version)) co_return function;
    auto wait = changed->wait(clock_, deadline, {});
    const auto woken = co_await std::move(wait);
    if (!woken) co_return function;
  }
}

}  // namespace kiln::lambda
