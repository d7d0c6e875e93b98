// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/objects.h"

#include "base/fields.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/version_id.h"
#include "services/s3/store/keys.h"
#include "store/retry.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

// A version whose bytes went away while they were being opened was replaced: look again.
constexpr int kOpenAttempts = 8;

aws::ApiError is_marker(const Version& marker, bool by_id, std::string_view key) {
  aws::ApiError error =
      by_id ? aws::ApiError{"MethodNotAllowed",
                            405,
                            "The specified method is not allowed against this resource.",
                            {{"Method", "GET"}, {"ResourceType", "DeleteMarker"}},
                            {{"Allow", "DELETE"}}}
            : no_such_key(key);
  error.headers.emplace_back("x-amz-delete-marker", "true");
  error.headers.emplace_back("x-amz-version-id", shown_version_id(marker));
  if (by_id) error.headers.emplace_back("Last-Modified", format_http_date(marker.modified));
  return error;
}

aws::ApiError no_version(std::string_view key, const std::string& id) {
  if (id != "null" && !order_of_version_id(id))
    return invalid_argument("Invalid version id specified", "versionId", id);
  return no_such_version(key, id);
}

}  // namespace

std::string shown_version_id(const Version& version) {
  return version.version_id.empty() ? "null" : version.version_id;
}

Task<Result<std::pair<std::int64_t, std::int64_t>>> Objects::read_head(
    BucketPtr bucket, std::string key, std::optional<store::Entry>* entry) {
  KILN_CO_TRY(auto found, co_await store_.read(keys::head(bucket->bucket, key)));
  std::pair<std::int64_t, std::int64_t> out;
  if (found) {
    FieldReader in(found->value);
    out.first = in.number();
    out.second = in.number();
    KILN_CO_TRY_VOID(in.status());
  }
  if (entry) *entry = std::move(found);
  co_return out;
}

Task<Result<Objects::MaybeVersion>> Objects::first_of(std::string begin, std::string prefix) {
  store::Range range = store::prefix_range(prefix, 1);
  range.begin = std::move(begin);
  KILN_CO_TRY(auto entries, co_await store_.scan(std::move(range)));
  if (entries.empty()) co_return MaybeVersion();
  KILN_CO_TRY(auto version, decode_version(entries[0].value));
  co_return MaybeVersion(VersionEntry(std::move(version), std::move(entries[0])));
}

Task<Result<Objects::MaybeVersion>> Objects::newest_version(BucketPtr bucket, std::string key,
                                                            std::int64_t below) {
  std::string prefix = keys::versions(bucket->bucket, key);
  std::string begin = prefix;
  if (below > 0) begin = keys::of(bucket->bucket, "version", key, -below + 1);
  auto task = first_of(std::move(begin), std::move(prefix));
  co_return co_await std::move(task);
}

Task<Result<Objects::MaybeVersion>> Objects::older_version(BucketPtr bucket, std::string key,
                                                           std::string id,
                                                           std::int64_t null_order) {
  const bool null = id == "null";
  const auto order = null ? std::optional(null_order) : order_of_version_id(id);
  if (!order || *order == 0) co_return MaybeVersion();
  std::string prefix = keys::version(bucket->bucket, key, *order, null ? "" : id);
  auto task = first_of(prefix, prefix);
  co_return co_await std::move(task);
}

Task<aws::ApiResult<Version>> Objects::find(BucketPtr bucket, std::string key,
                                            std::optional<std::string> version_id) {
  KILN_S3_TRY(auto entry, co_await store_.read(keys::current(bucket->bucket, key)));
  if (entry) {
    KILN_S3_TRY(auto current, decode_version(entry->value));
    if (!version_id || *version_id == shown_version_id(current)) co_return current;
  }
  if (!bucket->bucket.keeps_versions()) {
    if (version_id) co_return aws::fail(no_version(key, *version_id));
    co_return aws::fail(no_such_key(key));
  }
  if (!version_id) {
    KILN_S3_TRY(auto newest, co_await newest_version(bucket, key, 0));
    if (newest && newest->first.marker) co_return aws::fail(is_marker(newest->first, false, key));
    co_return aws::fail(no_such_key(key));
  }
  std::int64_t null_order = 0;
  if (*version_id == "null") {
    KILN_S3_TRY(auto head, co_await read_head(bucket, key, nullptr));
    null_order = head.second;
  }
  KILN_S3_TRY(auto found, co_await older_version(bucket, key, *version_id, null_order));
  if (!found) co_return aws::fail(no_version(key, *version_id));
  if (found->first.marker) co_return aws::fail(is_marker(found->first, true, key));
  co_return std::move(found->first);
}

Task<aws::ApiResult<Objects::Opened>> Objects::open(BucketPtr bucket, std::string key,
                                                    std::optional<std::string> version_id,
                                                    Choose choose) {
  for (int tries = 1;; ++tries) {
    KILN_S3_ASK(auto version, co_await find(bucket, key, version_id));
    auto chosen = choose(version);
    if (!chosen) co_return aws::fail(std::move(chosen.error()));
    auto task = open_stretch(bucket, version, *chosen);
    auto body = co_await std::move(task);
    if (body) co_return Opened{std::move(version), std::move(*body), *chosen};
    const auto code = body.error().code;
    const bool gone = code == ErrorCode::kNotFound || code == ErrorCode::kConflict;
    if (!gone || tries == kOpenAttempts) co_return aws::fail(internal_error(body.error()));
  }
}

Task<Result<aws::ByteStream>> Objects::open_stretch(BucketPtr bucket, const Version& version,
                                                    Stretch stretch) {
  if (stretch.size == 0) co_return aws::ByteStream(std::string());
  if (version.is_inline) {
    KILN_CO_TRY(auto bytes, co_await inline_bytes(bucket, version.id));
    co_return aws::ByteStream(bytes.substr(stretch.offset, stretch.size));
  }
  auto pin = bodies_.pin(version.id);
  KILN_CO_TRY(auto slices, co_await this->slices(bucket, version, stretch));
  auto task = bodies_.open(std::move(slices), std::move(pin));
  co_return co_await std::move(task);
}

Task<Result<std::string>> Objects::inline_bytes(BucketPtr bucket, std::string object) {
  KILN_CO_TRY(auto entry, co_await store_.read(keys::data(bucket->bucket, object)));
  if (!entry) co_return fail(ErrorCode::kConflict, "the version has gone");
  co_return std::move(entry->value);
}

Task<Result<std::vector<blob::Slice>>> Objects::slices(BucketPtr bucket, Version version,
                                                       Stretch stretch) {
  std::vector<blob::Slice> out;
  if (stretch.size == 0) co_return out;
  if (version.blob) {
    out.push_back({version.blob->blob, stretch.offset, stretch.size});
    co_return out;
  }
  auto task = part_slices(bucket, version, stretch);
  co_return co_await std::move(task);
}

Task<Result<std::vector<Part>>> Objects::parts_of_page(BucketPtr bucket, std::string object,
                                                       std::int64_t page) {
  KILN_CO_TRY(auto entry, co_await store_.read(keys::parts_page(bucket->bucket, object, page)));
  if (!entry) co_return fail(ErrorCode::kConflict, "the version has gone");
  co_return decode_parts(entry->value);
}

Task<Result<std::vector<blob::Slice>>> Objects::part_slices(BucketPtr bucket,
                                                            const Version& version,
                                                            Stretch stretch) {
  std::vector<blob::Slice> out;
  const auto& starts = version.part_pages;
  auto page = static_cast<std::size_t>(std::ranges::upper_bound(starts, stretch.offset) -
                                       starts.begin() - 1);
  std::uint64_t at = starts[page];
  const std::uint64_t end = stretch.offset + stretch.size;
  for (; page < starts.size() && at < end; ++page) {
    KILN_CO_TRY(auto parts,
                co_await parts_of_page(bucket, version.id, static_cast<std::int64_t>(page)));
    for (const Part& part : parts) {
      const std::uint64_t from = std::max(at, stretch.offset);
      const std::uint64_t to = std::min(at + part.bytes.size, end);
      if (from < to) out.push_back({part.bytes.blob, from - at, to - from});
      at += part.bytes.size;
    }
  }
  co_return out;
}

Task<Result<std::vector<Part>>> Objects::parts(BucketPtr bucket, Version version) {
  std::vector<Part> out;
  for (std::size_t page = 0; page < version.part_pages.size(); ++page) {
    KILN_CO_TRY(auto some,
                co_await parts_of_page(bucket, version.id, static_cast<std::int64_t>(page)));
    std::ranges::move(some, std::back_inserter(out));
  }
  co_return out;
}

}  // namespace kiln::s3
