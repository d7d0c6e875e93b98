// SPDX-License-Identifier: Apache-2.0
#include "lambda/function_directory_impl.h"

#include "async/event.h"
#include "lambda/model/decisions.h"
#include "lambda/model/function_ref.h"
#include "lambda/model/layer.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

bool settled(const FunctionVersion& f) { return !f.unfinished(); }
bool is_latest(const std::string& qualifier) { return qualifier.empty() || qualifier == kLatest; }

}  // namespace

CachedFunctionDirectory::CachedFunctionDirectory(store::Store& store,
                                                 FunctionRepository& repository, CodeStore& code,
                                                 Clock& clock, Random& random, Executor& home,
                                                 std::int32_t account_concurrency, Bounds bounds)
    : store_(store),
      repository_(repository),
      parts_(store),
      code_(code),
      clock_(clock),
      random_(random),
      home_(home),
      account_concurrency_(account_concurrency),
      bounds_(bounds) {}

Task<aws::ApiResult<ResolvedFunction>> CachedFunctionDirectory::resolve(aws::RequestContext context,
                                                                        std::string function_name,
                                                                        std::string qualifier) {
  const auto ref = parse_function_ref(context, function_name, qualifier);
  if (!ref) co_return aws::fail(ref.error());
  if (const auto cached = entries_.find(ref->key); cached != entries_.end()) {
    const Entry& entry = cached->second;
    if (entry.known && entry.reservations->total) {
      by_use_.splice(by_use_.begin(), by_use_, entry.used);
      Target target = remembered(entry, ref->qualifier);
      if (target.version && target.version->state == State::kActive) {
        auto out = resolved(*entry.known, std::move(target.version), *entry.reservations->total);
        out.alias = std::move(target.alias);
        co_return out;
      }
    }
  }
  auto read = load(ref->key);
  KILN_API_TRY(Loaded loaded, "lambda", co_await std::move(read));
  if (!loaded.known) co_return aws::fail(function_not_found(*ref));
  auto targeting = load_target(ref->key, loaded.known, ref->qualifier);
  KILN_API_TRY(Target target, "lambda", co_await std::move(targeting));
  if (target.version && !settled(*target.version)) {
    auto wait = wait_until_finished(ref->key);
    KILN_API_TRY(loaded, "lambda", co_await std::move(wait));
    if (!loaded.known) co_return aws::fail(function_not_found(*ref));
    auto again = load_target(ref->key, loaded.known, ref->qualifier);
    KILN_API_TRY(target, "lambda", co_await std::move(again));
  }
  if (!target.version) co_return aws::fail(function_not_found(*ref));
  if (target.version->state != State::kActive)
    co_return aws::fail(not_in_state_to_run(*target.version));
  auto out = resolved(*loaded.known, std::move(target.version), loaded.reserved_total);
  out.alias = std::move(target.alias);
  co_return out;
}

ResolvedFunction CachedFunctionDirectory::resolved(const Known& known, FunctionVersionPtr version,
                                                   std::int64_t reserved_total) const {
  const auto unreserved = std::max<std::int64_t>(0, account_concurrency_ - reserved_total);
  std::optional<std::int32_t> of_version;
  if (const auto most = known.most.find(version->version); most != known.most.end()) {
    of_version = most->second;
  }
  return {.version = std::move(version),
          .alias = {},
          .concurrency = {.reserved = known.reserved,
                          .of_version = of_version,
                          .unreserved = static_cast<std::int32_t>(unreserved)},
          .allows_recursion = known.allows_recursion};
}

CachedFunctionDirectory::Target CachedFunctionDirectory::remembered(const Entry& entry,
                                                                    const std::string& qualifier) {
  if (is_latest(qualifier)) return {.version = entry.known->latest, .alias = {}};
  Target out;
  const std::string* number = &qualifier;
  if (const auto alias = entry.aliases.find(qualifier); alias != entry.aliases.end()) {
    number = &pick_version(alias->second, random_.next_u64());
    out.alias = qualifier;
    if (*number == kLatest) {
      out.version = entry.known->latest;
      return out;
    }
  }
  const auto version = entry.versions.find(*number);
  if (version != entry.versions.end()) out.version = version->second;
  return out;
}

Task<Result<CachedFunctionDirectory::Target>> CachedFunctionDirectory::load_target(
    FunctionKey key, KnownPtr known, std::string qualifier) {
  Target out;
  if (!is_latest(qualifier) && !is_version_number(qualifier)) {
    auto finding = parts_.alias(key, qualifier);
    KILN_CO_TRY(const auto alias, co_await std::move(finding));
    if (!alias) co_return out;
    out.alias = std::exchange(qualifier, pick_version(*alias, random_.next_u64()));
    if (Entry* entry = current(key, known)) {
      if (entry->aliases.size() >= kMaxParts) entry->aliases.clear();
      entry->aliases.insert_or_assign(out.alias, *alias);
    }
  }
  if (is_latest(qualifier)) {
    out.version = known->latest;
    co_return out;
  }
  auto loading = load_version(std::move(key), std::move(known), std::move(qualifier));
  KILN_CO_TRY(out.version, co_await std::move(loading));
  co_return out;
}

Task<Result<FunctionVersionPtr>> CachedFunctionDirectory::load_version(FunctionKey key,
                                                                       KnownPtr known,
                                                                       std::string number) {
  auto finding = parts_.version(key, number);
  KILN_CO_TRY(auto version, co_await std::move(finding));
  if (!version) co_return nullptr;
  auto out = std::make_shared<const FunctionVersion>(std::move(*version));
  if (Entry* entry = current(key, known)) {
    if (entry->versions.size() >= kMaxParts) entry->versions.clear();
    co_return entry->versions.emplace(std::move(number), std::move(out)).first->second;
  }
  co_return out;
}

CachedFunctionDirectory::Entry* CachedFunctionDirectory::current(const FunctionKey& key,
                                                                 const KnownPtr& known) {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.known == known ? &found->second : nullptr;
}

Task<Result<std::optional<CachedFunctionDirectory::Policy>>> CachedFunctionDirectory::policy(
    FunctionKey key, std::string qualifier) {
  if (const auto cached = entries_.find(key); cached != entries_.end() && cached->second.known) {
    const Entry& entry = cached->second;
    if (const auto text = entry.policies.find(qualifier); text != entry.policies.end()) {
      co_return Policy{.text = text->second, .tags = entry.known->tags};
    }
  }
  auto loading = load(key);
  KILN_CO_TRY(const Loaded loaded, co_await std::move(loading));
  if (!loaded.known) co_return std::nullopt;
  KILN_CO_TRY(const auto stored, co_await store_.read(keys::policy(key, qualifier)));
  Policy out{.text = stored ? stored->value : "", .tags = loaded.known->tags};
  if (Entry* entry = current(key, loaded.known)) {
    if (entry->policies.size() >= kMaxParts) entry->policies.clear();
    entry->policies.emplace(std::move(qualifier), out.text);
  }
  co_return std::optional(std::move(out));
}

Task<Result<std::string>> CachedFunctionDirectory::code_directory(FunctionVersionPtr function) {
  return code_.directory(function->code.sha256_hex);
}

// Several layers are merged beforehand: environments mount or link one folder, however many there
// are.
Task<Result<std::vector<std::string>>> CachedFunctionDirectory::layer_directories(
    FunctionVersionPtr function) {
  if (function->layers.empty()) co_return std::vector<std::string>();
  auto make = code_.merged_directory(layers_id(*function), packages_to_merge(*function));
  KILN_CO_TRY(std::string path, co_await std::move(make));
  std::vector<std::string> out;
  out.push_back(std::move(path));
  co_return out;
}

void CachedFunctionDirectory::invalidate(const FunctionKey& key) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    found->second.known = nullptr;
    found->second.policies.clear();
    found->second.versions.clear();
    found->second.aliases.clear();
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
Task<Result<CachedFunctionDirectory::Loaded>> CachedFunctionDirectory::load(FunctionKey key) {
  const Entry& before = touch(key);
  if (before.known && before.reservations->total) {
    co_return Loaded{.known = before.known, .reserved_total = *before.reservations->total};
  }
  const std::uint64_t generation = before.generation;
  auto count = load_reservations(key, before.reservations);
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
    co_return Loaded();
  }
  auto known = std::make_shared<Known>();
  known->reserved = (*record)->reserved_concurrency;
  known->allows_recursion = (*record)->allows_recursion;
  for (const auto& [version, config] : (*record)->scaling) {
    if (config.max) known->most.emplace(version, *config.max);
  }
  known->tags = std::move((*record)->tags);
  known->latest = std::make_shared<const FunctionVersion>(std::move((*record)->latest));
  const bool current = entry != entries_.end() && entry->second.generation == generation;
  if (current && settled(*known->latest)) entry->second.known = known;
  co_return Loaded{.known = std::move(known), .reserved_total = *reserved_total};
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

Task<Result<CachedFunctionDirectory::Loaded>> CachedFunctionDirectory::wait_until_finished(
    FunctionKey key) {
  const Monotonic deadline = clock_.monotonic().plus_ms(bounds_.activation_wait_ms);
  for (;;) {
    const auto changed = std::make_shared<OneShot<bool>>();
    // Posted: the waiter destroys the watch, which must not happen inside its own call.
    const auto watch = store_.watch(keys::function(key), home_, [this, changed] {
      home_.post([changed] { changed->set(true); });
    });
    auto read = load(key);
    KILN_CO_TRY(Loaded loaded, co_await std::move(read));
    if (!loaded.known || settled(*loaded.known->latest)) co_return loaded;
    auto wait = changed->wait(clock_, deadline, {});
    const auto woken = co_await std::move(wait);
    if (!woken) co_return loaded;
  }
}

}  // namespace kiln::lambda
