// SPDX-License-Identifier: Apache-2.0
// The changes of Objects: each drafts a batch, and commit() writes it.
#include "base/fields.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/version_id.h"
#include "services/s3/store/keys.h"
#include "services/s3/store/objects.h"
#include "store/retry.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

bool retryable(const Error& error, int tries) {
  return error.code == ErrorCode::kConflict && tries < store::kMaxConflictRetries;
}

aws::ApiResult<void> check_conditions(const WriteConditions& conditions,
                                      const std::optional<Version>& current, std::string_view key) {
  if (conditions.if_none_match && current) return aws::fail(precondition_failed("If-None-Match"));
  if (!conditions.if_match) return {};
  if (!current) return aws::fail(no_such_key(key));
  if (*conditions.if_match != "*" && *conditions.if_match != current->etag)
    return aws::fail(precondition_failed("If-Match"));
  return {};
}

// What became of a removal that its cause calls "ObjectRemoved:..." or "LifecycleExpiration:...".
std::string removal_event(const std::string& cause, bool marker_made) {
  if (cause.empty()) return cause;
  return cause.substr(0, cause.find(':')) + (marker_made ? ":DeleteMarkerCreated" : ":Delete");
}

}  // namespace

Task<aws::ApiResult<Objects::Place>> Objects::place(std::string bucket, std::string key) {
  Place out;
  KILN_S3_ASK(out.bucket, co_await buckets_.get_for_writing(std::move(bucket)));
  KILN_S3_TRY(out.current_entry, co_await store_.read(keys::current(out.bucket->bucket, key)));
  if (out.current_entry) {
    KILN_S3_TRY(out.current, decode_version(out.current_entry->value));
  }
  if (out.bucket->bucket.keeps_versions()) {
    KILN_S3_TRY(auto head, co_await read_head(out.bucket, key, &out.head_entry));
    out.last_order = head.first;
    out.null_order = head.second;
  }
  out.key = std::move(key);
  co_return out;
}

std::int64_t Objects::next_order(const Place& place) const {
  const std::int64_t before =
      std::max(place.last_order, place.current ? place.current->order : std::int64_t{0});
  return std::max(clock_.wall().ms * 1'000, before + 1);
}

void Objects::begin(const Place& place, Draft& draft) const {
  const Bucket& b = place.bucket->bucket;
  const auto version_of = [](const std::optional<store::Entry>& entry) {
    return entry ? std::optional(entry->version) : std::nullopt;
  };
  draft.batch.check(keys::bucket(b.name), place.bucket->version);
  draft.batch.check(keys::current(b, place.key), version_of(place.current_entry));
  if (b.keeps_versions()) draft.batch.check(keys::head(b, place.key), version_of(place.head_entry));
}

void Objects::write_head(const Place& place, Draft& draft, std::int64_t last,
                         std::int64_t null) const {
  const Bucket& b = place.bucket->bucket;
  if (!b.keeps_versions()) return;
  draft.batch.put(keys::head(b, place.key), FieldWriter().number(last).number(null).bytes());
}

void Objects::drop_bytes(const Place& place, const Version& version, Draft& draft) const {
  const Bucket& b = place.bucket->bucket;
  if (version.is_inline) draft.batch.erase(keys::data(b, version.id));
  if (version.blob) {
    draft.batch.erase(keys::blob(version.blob->blob));
    draft.leaving.push_back({version.id, {version.blob->blob}});
  }
  if (version.parts > 0) {
    draft.batch.put(keys::garbage(b, version.id), std::string(1, Garbage::kPages));
    draft.leaves_parts = true;
  }
}

Task<Status> Objects::displace(const Place& place, Draft& draft, std::int64_t& null_order) {
  const Bucket& b = place.bucket->bucket;
  const bool suspended = b.versioning == Versioning::kSuspended;
  if (place.current) {
    const Version& current = *place.current;
    const bool null = current.version_id.empty();
    if (!b.keeps_versions() || (suspended && null)) {
      drop_bytes(place, current, draft);
    } else {
      draft.batch.put(keys::version(b, place.key, current.order, current.version_id),
                      place.current_entry->value);
      if (null) null_order = current.order;
    }
  }
  if (suspended && place.null_order != 0) {
    KILN_CO_TRY(auto old,
                co_await older_version(place.bucket, place.key, "null", place.null_order));
    if (old) {
      draft.batch.erase(old->second.key);
      drop_bytes(place, old->first, draft);
    }
    null_order = 0;
  }
  co_return Status{};
}

Task<Status> Objects::draft_put(const Place& place, const NewVersion& made, Version& version,
                                Draft& draft) {
  const Bucket& b = place.bucket->bucket;
  begin(place, draft);
  version.order = next_order(place);
  version.version_id.clear();
  if (b.versioning == Versioning::kEnabled)
    version.version_id = make_version_id(version.order, random_.bytes(kVersionIdRandomBytes));
  std::int64_t null_order = place.null_order;
  KILN_CO_TRY_VOID(co_await displace(place, draft, null_order));
  if (version.is_inline) draft.batch.put(keys::data(b, version.id), made.inline_bytes);
  if (version.blob) draft.batch.put(keys::blob(version.blob->blob), b.id);
  for (std::size_t page = 0; page < version.part_pages.size(); ++page) {
    const auto first = made.parts.begin() + static_cast<std::ptrdiff_t>(page * kPartsPerPage);
    const auto last = page + 1 == version.part_pages.size()
                          ? made.parts.end()
                          : first + static_cast<std::ptrdiff_t>(kPartsPerPage);
    draft.batch.put(keys::parts_page(b, version.id, static_cast<std::int64_t>(page)),
                    encode(std::vector<Part>(first, last)));
  }
  draft.batch.put(keys::current(b, place.key), encode(version));
  write_head(place, draft, version.order, null_order);
  std::ranges::copy(made.checks, std::back_inserter(draft.batch.checks));
  std::ranges::copy(made.writes, std::back_inserter(draft.batch.writes));
  co_return Status{};
}

Task<aws::ApiResult<Version>> Objects::put(std::string bucket, std::string key, NewVersion made,
                                           WriteConditions conditions, Cause cause) {
  Version version = made.version;
  version.id = random_.bytes(16);
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < made.parts.size(); ++i) {
    if (i % kPartsPerPage == 0) version.part_pages.push_back(at);
    at += made.parts[i].bytes.size;
  }
  std::vector<std::string> blobs;
  if (version.blob) blobs.push_back(version.blob->blob);
  for (int tries = 1;; ++tries) {
    auto placed = co_await place(bucket, key);
    auto allowed = placed ? check_conditions(conditions, placed->current, key)
                          : aws::ApiResult<void>(aws::fail(placed.error()));
    if (!allowed) {
      bodies_.let_go(version.id, std::move(blobs));
      co_return aws::fail(std::move(allowed.error()));
    }
    Draft draft;
    auto written = co_await draft_put(*placed, made, version, draft);
    if (written) {
      ObjectChange change{cause, placed->bucket, key, version, version.order};
      written = co_await commit(*placed, std::move(draft), std::move(change));
    }
    if (written) co_return version;
    if (retryable(written.error(), tries)) {
      auto looking = hold(made.checks);
      const auto held = co_await std::move(looking);
      if (!held || *held) continue;
      bodies_.let_go(version.id, std::move(blobs));
      co_return aws::fail(operation_aborted());
    }
    // After an unknown outcome the sweeper will know.
    if (written.error().code != ErrorCode::kUnknownOutcome)
      bodies_.let_go(version.id, std::move(blobs));
    co_return aws::fail(internal_error(written.error()));
  }
}

Task<Result<bool>> Objects::hold(std::vector<store::Check> checks) {
  for (const store::Check& check : checks) {
    KILN_CO_TRY(const auto entry, co_await store_.read(check.key));
    const auto version = entry ? std::optional(entry->version) : std::nullopt;
    if (version != check.version) co_return false;
  }
  co_return true;
}

Task<aws::ApiResult<Removal>> Objects::remove(std::string bucket, std::string key,
                                              std::optional<std::string> version_id,
                                              std::optional<std::string> if_match, Cause cause,
                                              std::string only_object) {
  for (int tries = 1;; ++tries) {
    KILN_S3_ASK(auto placed, co_await place(bucket, key));
    KILN_S3_CHECK(check_conditions({.if_match = if_match}, placed.current, key));
    Draft draft;
    begin(placed, draft);
    ObjectChange change{cause, placed.bucket, key, {}, 0};
    Removal removal;
    auto task = version_id ? draft_version_removal(placed, *version_id, draft, change, removal)
                           : draft_removal(placed, draft, change, removal);
    KILN_S3_ASK(bool changes, co_await std::move(task));
    const std::string& object =
        version_id || !placed.current ? change.version.id : placed.current->id;
    if (!only_object.empty() && object != only_object) changes = false;
    if (!changes) {
      removal.changed = false;
      co_return removal;
    }
    auto written = co_await commit(placed, std::move(draft), std::move(change));
    if (written) co_return removal;
    if (!retryable(written.error(), tries)) co_return aws::fail(internal_error(written.error()));
  }
}

Task<aws::ApiResult<bool>> Objects::draft_removal(const Place& place, Draft& draft,
                                                  ObjectChange& change, Removal& removal) {
  const Bucket& b = place.bucket->bucket;
  const bool keeps = b.keeps_versions();
  if (!place.current && !keeps) co_return false;
  std::int64_t null_order = place.null_order;
  auto displacing = displace(place, draft, null_order);
  auto displaced = co_await std::move(displacing);
  KILN_S3_CHECK_STATUS(displaced);
  if (place.current) draft.batch.erase(keys::current(b, place.key));
  const std::int64_t order = next_order(place);
  change.sequence = order;
  if (!keeps) {
    change.version = *place.current;
    change.cause.event = removal_event(change.cause.event, false);
    co_return true;
  }
  Version marker;
  marker.id = random_.bytes(16);
  marker.marker = true;
  marker.order = order;
  marker.modified.ms = clock_.wall().ms / 1'000 * 1'000;
  marker.owner = b.account;
  if (b.versioning == Versioning::kEnabled) {
    marker.version_id = make_version_id(order, random_.bytes(kVersionIdRandomBytes));
  } else {
    null_order = order;
  }
  draft.batch.put(keys::version(b, place.key, order, marker.version_id), encode(marker));
  write_head(place, draft, order, null_order);
  removal.marker = true;
  removal.shown_version_id = shown_version_id(marker);
  change.version = std::move(marker);
  change.cause.event = removal_event(change.cause.event, true);
  co_return true;
}

Task<aws::ApiResult<bool>> Objects::draft_version_removal(const Place& place,
                                                          std::string version_id, Draft& draft,
                                                          ObjectChange& change, Removal& removal) {
  const Bucket& b = place.bucket->bucket;
  if (version_id != "null" && !order_of_version_id(version_id))
    co_return aws::fail(invalid_argument("Invalid version id specified", "versionId", version_id));
  removal.shown_version_id = version_id;
  std::int64_t null_order = place.null_order;
  bool current_goes = false;
  if (place.current && shown_version_id(*place.current) == version_id) {
    current_goes = true;
    change.version = *place.current;
    draft.batch.erase(keys::current(b, place.key));
  } else {
    KILN_S3_TRY(auto found,
                co_await older_version(place.bucket, place.key, version_id, null_order));
    if (!found) co_return false;
    change.version = std::move(found->first);
    draft.batch.check(found->second.key, found->second.version).erase(found->second.key);
    if (change.version.version_id.empty()) null_order = 0;
  }
  removal.marker = change.version.marker;
  drop_bytes(place, change.version, draft);
  change.sequence = next_order(place);
  change.cause.event = removal_event(change.cause.event, false);
  if (!b.keeps_versions()) co_return true;
  if (place.current && !current_goes) {
    write_head(place, draft, place.last_order, null_order);
    co_return true;
  }
  // No current version is left: the newest of the others becomes that, unless it is a marker.
  KILN_S3_TRY(auto next, co_await newest_version(place.bucket, place.key, 0));
  if (next && next->first.order == change.version.order) {
    KILN_S3_TRY(next, co_await newest_version(place.bucket, place.key, change.version.order));
  }
  if (!next) {
    draft.batch.erase(keys::head(b, place.key));
    co_return true;
  }
  if (!next->first.marker) {
    draft.batch.check(next->second.key, next->second.version).erase(next->second.key);
    draft.batch.put(keys::current(b, place.key), next->second.value);
    if (next->first.version_id.empty()) null_order = 0;
  }
  write_head(place, draft, place.last_order, null_order);
  co_return true;
}

Task<aws::ApiResult<Version>> Objects::update(std::string bucket, std::string key,
                                              std::optional<std::string> version_id, Update update,
                                              Cause cause) {
  for (int tries = 1;; ++tries) {
    KILN_S3_ASK(auto placed, co_await place(bucket, key));
    KILN_S3_ASK(auto version, co_await find(placed.bucket, key, version_id));
    const Bucket& b = placed.bucket->bucket;
    KILN_S3_CHECK(update(version));
    Draft draft;
    begin(placed, draft);
    if (placed.current && placed.current->id == version.id) {
      draft.batch.put(keys::current(b, key), encode(version));
    } else if (b.keeps_versions() && version_id) {
      // Its record changes under the head's check alone.
      draft.batch.put(keys::version(b, key, version.order, version.version_id), encode(version));
      write_head(placed, draft, placed.last_order, placed.null_order);
    } else {
      // It was replaced between the two reads.
      if (tries < store::kMaxConflictRetries) continue;
      co_return aws::fail(operation_aborted());
    }
    ObjectChange change{cause, placed.bucket, key, version, next_order(placed)};
    auto written = co_await commit(placed, std::move(draft), std::move(change));
    if (written) co_return version;
    if (!retryable(written.error(), tries)) co_return aws::fail(internal_error(written.error()));
  }
}

Task<Status> Objects::commit(const Place& place, Draft draft, ObjectChange change) {
  std::shared_ptr<void> pending;
  if (observer_ && !change.cause.event.empty()) {
    auto asking = observer_->add_to(draft.batch, change);
    auto added = co_await std::move(asking);
    if (!added) co_return std::unexpected(std::move(added.error()));
    pending = std::move(*added);
  }
  auto committing = store_.commit(std::move(draft.batch));
  auto committed = co_await std::move(committing);
  if (!committed) {
    // The bucket may be what has changed.
    if (committed.error().code == ErrorCode::kConflict) buckets_.forget(place.bucket->bucket.name);
    co_return committed;
  }
  for (auto& [object, blobs] : draft.leaving) bodies_.let_go(object, std::move(blobs));
  if (draft.leaves_parts) garbage_.wake();
  co_return committed;
}

}  // namespace kiln::s3
