// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/lifecycle_sweeper.h"

#include "async/executor.h"
#include "base/log.h"
#include "services/s3/store/keys.h"

#include <utility>

namespace kiln::s3 {
namespace {

constexpr std::string_view kWho = "s3.amazonaws.com";

// What the client would be told becomes an error of this room.
Error as_error(const aws::ApiError& error) {
  return Error{error.http_status == 409 ? ErrorCode::kConflict : ErrorCode::kInternal,
               error.code + ": " + error.message};
}

}  // namespace

LifecycleSweeper::LifecycleSweeper(Ports ports)
    : ports_(ports),
      ended_(ports.metrics.counter("kiln_s3_lifecycle_actions_total")),
      failures_(ports.metrics.counter("kiln_s3_lifecycle_failures_total")) {}

void LifecycleSweeper::start() { spawn(sweep_forever(gate_.enter())); }

Task<void> LifecycleSweeper::stop() {
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> LifecycleSweeper::sweep_forever(Gate::Pass) {
  do {
    auto sweeping = sweep();
    const auto swept = co_await std::move(sweeping);
    if (swept) continue;
    failures_.add();
    log::warn("s3", "lifecycle: " + swept.error().message);
  } while (co_await sleep_ms(ports_.clock, kEveryMs, stop_.get_token()) == Woken::kDeadline);
}

Task<Result<std::size_t>> LifecycleSweeper::sweep() {
  std::size_t done = 0;
  const std::string prefix = keys::all_buckets();
  store::Range range = store::prefix_range(prefix);
  while (!stop_.stop_requested()) {
    KILN_CO_TRY(const auto entries, co_await ports_.store.scan(range));
    for (const auto& entry : entries) {
      if (stop_.stop_requested()) break;
      store::KeyReader reader(std::string_view(entry.key).substr(prefix.size()));
      KILN_CO_TRY(std::string name, reader.next_string());
      auto sweeping = sweep_bucket(name);
      const auto swept = co_await std::move(sweeping);
      if (swept) {
        done += *swept;
      } else {
        // The other buckets do not wait for this one.
        failures_.add();
        log::warn("s3", "lifecycle of " + name + ": " + swept.error().message);
      }
    }
    if (entries.size() < range.limit) break;
    range.begin = entries.back().key + '\0';
  }
  co_return done;
}

Task<Result<std::size_t>> LifecycleSweeper::sweep_bucket(std::string name) {
  auto finding = ports_.buckets.find(std::move(name));
  KILN_CO_TRY(const BucketPtr bucket, co_await std::move(finding));
  const std::string* stored = bucket ? bucket->config(std::string(kLifecycleConfig)) : nullptr;
  if (!stored) co_return std::size_t{0};
  KILN_CO_TRY(auto decoded, decode_lifecycle(*stored));
  const auto rules = std::make_shared<const Lifecycle>(std::move(decoded));
  auto versions = sweep_versions(bucket, rules);
  KILN_CO_TRY(const std::size_t ended, co_await std::move(versions));
  auto uploads = sweep_uploads(bucket, rules);
  KILN_CO_TRY(const std::size_t aborted, co_await std::move(uploads));
  co_return ended + aborted;
}

Task<Result<std::size_t>> LifecycleSweeper::sweep_versions(BucketPtr bucket, Rules rules) {
  std::size_t done = 0;
  KeyState state;
  ListRequest request{.prefix = common_rule_prefix(*rules), .delimiter = {}, .after = {}};
  auto listing = ports_.listing.list_versions(bucket, request, "");
  KILN_CO_TRY(VersionPage page, co_await std::move(listing));
  while (!stop_.stop_requested()) {
    std::vector<Action> actions;
    const Timestamp now = ports_.clock.wall();
    for (const auto& entry : page.entries) decide(*rules, entry, state, now, actions);
    const bool more = page.truncated;
    if (more) {
      // Before anything changes: a page begins behind an entry of the last one.
      request.after = page.last_key;
      auto next = ports_.listing.list_versions(bucket, request, page.last_id);
      KILN_CO_TRY(page, co_await std::move(next));
    } else {
      end_key(*rules, state, now, actions);
    }
    for (Action& action : actions) {
      if (stop_.stop_requested()) break;
      auto acting = act(bucket, std::move(action));
      KILN_CO_TRY(const bool acted, co_await std::move(acting));
      if (!acted) continue;
      ++done;
      ended_.add();
    }
    if (!more) break;
  }
  co_return done;
}

void LifecycleSweeper::decide(const Lifecycle& rules, const VersionPage::Entry& entry,
                              KeyState& state, Timestamp now, std::vector<Action>& out) {
  const Version& version = entry.version;
  if (entry.key != state.key || state.entries == 0) {
    end_key(rules, state, now, out);
    state = {.key = entry.key, .entries = 0, .noncurrent = {}, .marker = {}};
  }
  ++state.entries;
  if (entry.latest) {
    if (version.marker) {
      state.marker = version;
    } else if (const auto due = expiry_of(rules, entry.key, version); due && due->at <= now) {
      out.push_back({.key = entry.key, .version = version, .current = true, .move_to = {}});
    } else if (auto moved = moves_to(rules, entry.key, version, nullptr, now)) {
      out.push_back(
          {.key = entry.key, .version = version, .current = true, .move_to = std::move(moved)});
    }
  } else {
    if (noncurrent_goes(rules, entry.key, version, state.noncurrent, now)) {
      out.push_back({.key = entry.key, .version = version, .current = false, .move_to = {}});
    } else if (auto moved = moves_to(rules, entry.key, version, &state.noncurrent, now)) {
      out.push_back(
          {.key = entry.key, .version = version, .current = false, .move_to = std::move(moved)});
    }
    ++state.noncurrent.newer;
  }
  state.noncurrent.since = version.modified;
}

// A marker is alone when nothing else of its key was met.
void LifecycleSweeper::end_key(const Lifecycle& rules, KeyState& state, Timestamp now,
                               std::vector<Action>& out) {
  if (state.entries == 1 && state.marker && lone_marker_goes(rules, state.key, *state.marker, now))
    out.push_back({.key = state.key, .version = *state.marker, .current = false, .move_to = {}});
  state.marker.reset();
}

Task<Result<bool>> LifecycleSweeper::act(BucketPtr bucket, Action action) {
  const std::string name = bucket->bucket.name;
  const std::string id = shown_version_id(action.version);
  const bool by_id = !action.current && bucket->bucket.keeps_versions();
  if (action.move_to) {
    const std::string object = action.version.id;
    const std::string to = *action.move_to;
    auto updating = ports_.objects.update(
        name, action.key, by_id ? std::optional(id) : std::nullopt,
        [object, to](Version& version) -> aws::ApiResult<void> {
          if (version.id != object) return aws::fail({"OperationAborted", 409, "replaced", {}, {}});
          version.about.storage_class = to;
          return {};
        },
        cause("LifecycleTransition"));
    const auto updated = co_await std::move(updating);
    if (updated) co_return true;
    if (updated.error().http_status < 500) co_return false;
    co_return std::unexpected(as_error(updated.error()));
  }
  auto removing =
      ports_.objects.remove(name, action.key, by_id ? std::optional(id) : std::nullopt,
                            std::nullopt, cause("LifecycleExpiration:Delete"), action.version.id);
  const auto removed = co_await std::move(removing);
  if (removed) co_return removed->changed;
  if (removed.error().http_status < 500) co_return false;
  co_return std::unexpected(as_error(removed.error()));
}

Task<Result<std::size_t>> LifecycleSweeper::sweep_uploads(BucketPtr bucket, Rules rules) {
  std::size_t done = 0;
  ListRequest request{.prefix = common_rule_prefix(*rules), .delimiter = {}, .after = {}};
  std::string id_marker;
  while (!stop_.stop_requested()) {
    auto listing = ports_.uploads.list(bucket, request, id_marker);
    KILN_CO_TRY(const UploadList page, co_await std::move(listing));
    for (const auto& [key, upload] : page.uploads) {
      const auto due = abort_of(*rules, key, upload.initiated);
      if (!due || due->at > ports_.clock.wall()) continue;
      auto aborting = ports_.uploads.abort(bucket->bucket.name, key, upload.id);
      const auto aborted = co_await std::move(aborting);
      if (aborted) {
        ++done;
        ended_.add();
      } else if (aborted.error().http_status >= 500) {
        co_return std::unexpected(as_error(aborted.error()));
      }
    }
    if (!page.truncated) break;
    request.after = page.last_key;
    id_marker = page.last_id;
  }
  co_return done;
}

Cause LifecycleSweeper::cause(std::string event) const {
  Cause out;
  out.event = std::move(event);
  out.principal_id = kWho;
  out.requester = kWho;
  out.source_ip = kWho;
  for (const char c : ports_.random.uuid())
    if (c != '-' && out.request_id.size() < 16)
      out.request_id.push_back(static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c));
  return out;
}

}  // namespace kiln::s3
