// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/uploads.h"

#include "base/encoding.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/version_id.h"
#include "services/s3/store/keys.h"
#include "store/retry.h"

#include <algorithm>
#include <map>

namespace kiln::s3 {
namespace {

constexpr int kCompletions = 8;
constexpr std::size_t kRandomBytes = kVersionIdRandomBytes;

aws::ApiError invalid_part(const std::string& upload, const NamedPart& part) {
  return {"InvalidPart",
          400,
          "One or more of the specified parts could not be found.  The part may not have been "
          "uploaded, or the specified entity tag may not match the part's entity tag.",
          {{"UploadId", upload}, {"PartNumber", std::to_string(part.number)}, {"ETag", part.etag}},
          {}};
}

aws::ApiError too_small(const UploadedPart& part) {
  return {"EntityTooSmall",
          400,
          "Your proposed upload is smaller than the minimum allowed size",
          {{"ProposedSize", std::to_string(part.bytes.size)},
           {"MinSizeAllowed", std::to_string(kMinPartBytes)},
           {"PartNumber", std::to_string(part.number)},
           {"ETag", hex_encode(part.md5)}},
          {}};
}

// The parts that were named, in order.
aws::ApiResult<std::vector<UploadedPart>> choose_parts(
    const Upload& upload, const std::map<std::int64_t, UploadedPart>& there,
    const std::vector<NamedPart>& named) {
  std::vector<UploadedPart> out;
  for (const NamedPart& part : named) {
    if (!out.empty() && part.number <= out.back().number) {
      return aws::fail({"InvalidPartOrder",
                        400,
                        "The list of parts was not in ascending order. Parts must be ordered by "
                        "part number.",
                        {{"UploadId", upload.id}},
                        {}});
    }
    const auto found = there.find(part.number);
    if (found == there.end() || hex_encode(found->second.md5) != part.etag ||
        (part.checksum && *part.checksum != base64_encode(found->second.checksum)))
      return aws::fail(invalid_part(upload.id, part));
    out.push_back(found->second);
  }
  for (std::size_t i = 0; i + 1 < out.size(); ++i)
    if (out[i].bytes.size < kMinPartBytes) return aws::fail(too_small(out[i]));
  return out;
}

aws::ApiResult<void> check_whole(const Uploads::Completion& asked, const Version& version) {
  if (asked.size && *asked.size != version.size) {
    return aws::fail(invalid_request(
        "The provided 'x-amz-mp-object-size' header value " + std::to_string(*asked.size) +
        " does not match what was computed: " + std::to_string(version.size)));
  }
  if (!asked.checksum || !version.checksum) return {};
  const auto& sent = *asked.checksum;
  const auto& own = *version.checksum;
  const std::string own_value = own.value.substr(0, own.value.rfind('-'));
  if (sent.kind == own.kind && (sent.value == own.value || sent.value == own_value)) return {};
  std::string label(checksum_name(sent.kind));
  for (char& c : label) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return aws::fail({"BadDigest",
                    400,
                    "The " + label + " you specified did not match the calculated checksum.",
                    {},
                    {}});
}

}  // namespace

std::string etag_of_parts(const std::vector<std::string>& md5s) {
  std::string all;
  for (const auto& md5 : md5s) all += md5;
  return hex_encode(checksum(ChecksumKind::kMd5, all)) + "-" + std::to_string(md5s.size());
}

StoredChecksum checksum_of_parts(const Upload& upload, const std::vector<UploadedPart>& parts) {
  StoredChecksum out;
  out.kind = upload.checksum.value_or(ChecksumKind::kCrc64Nvme);
  out.composite = upload.checksum && upload.composite;
  if (out.composite) {
    std::string all;
    for (const auto& part : parts) all += part.checksum;
    out.value = base64_encode(checksum(out.kind, all)) + "-" + std::to_string(parts.size());
    return out;
  }
  std::string whole = parts.front().checksum;
  for (std::size_t i = 1; i < parts.size(); ++i)
    whole = combine_crc(out.kind, whole, parts[i].checksum, parts[i].bytes.size);
  out.value = base64_encode(whole);
  return out;
}

Task<Result<std::optional<store::Entry>>> Uploads::read(const Bucket& bucket, std::string key,
                                                        std::string id) {
  const auto time_ms = order_of_version_id(id);
  if (!time_ms) co_return std::optional<store::Entry>();
  auto task = store_.read(keys::upload(bucket, key, *time_ms, id));
  co_return co_await std::move(task);
}

Task<aws::ApiResult<Upload>> Uploads::create(std::string bucket, Upload upload) {
  upload.initiated.ms = clock_.wall().ms;
  upload.parts_id = random_.bytes(kRandomBytes);
  upload.id = make_version_id(upload.initiated.ms, upload.parts_id);
  for (int tries = 1;; ++tries) {
    KILN_S3_ASK(BucketPtr place, co_await buckets_.get_for_writing(bucket));
    store::Batch batch;
    batch.check(keys::bucket(bucket), place->version);
    batch.put(keys::upload(place->bucket, upload.key, upload.initiated.ms, upload.id),
              encode(upload));
    auto committed = co_await store_.commit(std::move(batch));
    if (committed) co_return upload;
    buckets_.forget(bucket);
    if (committed.error().code != ErrorCode::kConflict || tries == store::kMaxConflictRetries)
      co_return aws::fail(internal_error(committed.error()));
  }
}

Task<aws::ApiResult<Upload>> Uploads::find(BucketPtr bucket, std::string key, std::string id) {
  KILN_S3_TRY(auto entry, co_await read(bucket->bucket, key, id));
  if (!entry) co_return aws::fail(no_such_upload(id));
  KILN_S3_TRY(auto upload, decode_upload(entry->value));
  co_return upload;
}

Task<aws::ApiResult<UploadedPart>> Uploads::put_part(std::string bucket, std::string key,
                                                     std::string id, std::int64_t number,
                                                     TakenBody body) {
  UploadedPart part;
  part.number = number;
  part.md5 = std::move(body.md5);
  part.checksum = std::move(body.checksum);
  part.modified.ms = clock_.wall().ms / 1'000 * 1'000;
  part.bytes.size = body.size;
  std::vector<std::string> made;
  if (body.blob) made.push_back(part.bytes.blob = std::move(body.blob->id));
  for (int tries = 1;; ++tries) {
    auto place = co_await buckets_.get_for_writing(bucket);
    if (!place) {
      bodies_.let_go(id, std::move(made));
      co_return aws::fail(std::move(place.error()));
    }
    const Bucket& b = (*place)->bucket;
    KILN_S3_TRY(auto entry, co_await read(b, key, id));
    if (!entry) {
      bodies_.let_go(id, std::move(made));
      co_return aws::fail(no_such_upload(id));
    }
    KILN_S3_TRY(const Upload upload, decode_upload(entry->value));
    const std::string part_key = keys::uploaded_part(b, upload.parts_id, number);
    KILN_S3_TRY(auto old, co_await store_.read(part_key));
    store::Batch batch;
    batch.check(keys::bucket(bucket), (*place)->version).check(entry->key, entry->version);
    batch.check(part_key, old ? std::optional(old->version) : std::nullopt);
    batch.put(part_key, encode(part));
    if (!part.bytes.blob.empty()) batch.put(keys::blob(part.bytes.blob), b.id);
    std::vector<std::string> leaving;
    if (old) {
      // Whoever is completing the upload has seen the part that goes.
      batch.put(entry->key, entry->value);
      KILN_S3_TRY(const UploadedPart replaced, decode_uploaded_part(old->value));
      if (!replaced.bytes.blob.empty()) {
        batch.erase(keys::blob(replaced.bytes.blob));
        leaving.push_back(replaced.bytes.blob);
      }
    }
    auto committed = co_await store_.commit(std::move(batch));
    if (committed) {
      bodies_.let_go(id, std::move(leaving));
      co_return part;
    }
    if (committed.error().code == ErrorCode::kConflict && tries < store::kMaxConflictRetries) {
      buckets_.forget(bucket);
      continue;
    }
    if (committed.error().code != ErrorCode::kUnknownOutcome) bodies_.let_go(id, std::move(made));
    co_return aws::fail(internal_error(committed.error()));
  }
}

Task<Result<std::vector<UploadedPart>>> Uploads::parts(BucketPtr bucket, Upload upload,
                                                       std::int64_t marker, std::size_t limit) {
  store::Range range = store::prefix_range(keys::uploaded_parts(bucket->bucket, upload.parts_id));
  range.begin = keys::uploaded_part(bucket->bucket, upload.parts_id, marker + 1);
  std::vector<UploadedPart> out;
  while (out.size() < limit) {
    range.limit = std::min(limit - out.size(), store::kMaxScanEntries);
    KILN_CO_TRY(auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto part, decode_uploaded_part(entry.value));
      out.push_back(std::move(part));
    }
    if (entries.size() < range.limit) break;
    range.begin = entries.back().key + '\0';
  }
  co_return out;
}

Task<Result<UploadList>> Uploads::list(BucketPtr bucket, ListRequest request,
                                       std::string id_marker) {
  const Bucket& b = bucket->bucket;
  const auto keys_with = [&b](std::string_view prefix) {
    return store::prefix_range(keys::open_end(keys::of(b, "upload", prefix)));
  };
  UploadList out;
  store::Range range = keys_with(request.prefix);
  if (!request.after.empty()) {
    const auto time_ms = order_of_version_id(id_marker);
    const std::string passed = common_prefix(request.after, request.prefix, request.delimiter);
    std::string begin;
    if (!passed.empty() && request.after.starts_with(request.prefix)) {
      begin = keys_with(passed).end;
    } else if (time_ms) {
      begin = keys::upload(b, request.after, *time_ms, id_marker) + '\0';
    } else {
      begin = store::prefix_range(keys::of(b, "upload", request.after)).end;
    }
    range.begin = std::max(range.begin, std::move(begin));
  }
  std::size_t count = 0;
  while (range.begin < range.end) {
    KILN_CO_TRY(auto entries, co_await store_.scan(range));
    for (const auto& entry : entries) {
      KILN_CO_TRY(auto upload, decode_upload(entry.value));
      std::string common = common_prefix(upload.key, request.prefix, request.delimiter);
      if (!common.empty() && !out.prefixes.empty() && out.prefixes.back() == common) continue;
      if (count == request.limit) {
        out.truncated = true;
        co_return out;
      }
      ++count;
      out.last_key = common.empty() ? upload.key : common;
      out.last_id = common.empty() ? upload.id : std::string();
      if (!common.empty()) {
        out.prefixes.push_back(std::move(common));
      } else {
        std::string key = upload.key;
        out.uploads.push_back({std::move(key), std::move(upload)});
      }
    }
    if (entries.size() < range.limit) break;
    range.begin = entries.back().key + '\0';
  }
  co_return out;
}

Task<aws::ApiResult<Version>> Uploads::complete(std::string bucket, std::string key, std::string id,
                                                Completion completion, Cause cause) {
  for (int tries = 1;; ++tries) {
    auto task = try_complete(bucket, key, id, completion, cause);
    auto completed = co_await std::move(task);
    // The upload has changed meanwhile, or has gone: look again.
    const bool changed = !completed && completed.error().code == "OperationAborted";
    if (!changed || tries == kCompletions) co_return completed;
  }
}

Task<aws::ApiResult<Version>> Uploads::try_complete(std::string bucket, std::string key,
                                                    std::string id, Completion completion,
                                                    Cause cause) {
  KILN_S3_ASK(BucketPtr place, co_await buckets_.get(bucket));
  const Bucket& b = place->bucket;
  KILN_S3_TRY(auto entry, co_await read(b, key, id));
  if (!entry) {
    // A client that never saw the answer asks again.
    std::vector<std::string> md5s;
    for (const auto& part : completion.parts)
      md5s.push_back(hex_decode(part.etag).value_or(std::string()));
    auto current = co_await objects_.find(place, key, std::nullopt);
    if (current && current->etag == etag_of_parts(md5s)) co_return std::move(*current);
    co_return aws::fail(no_such_upload(id));
  }
  KILN_S3_TRY(const Upload upload, decode_upload(entry->value));
  KILN_S3_TRY(auto all, co_await parts(place, upload, 0, kMaxPartNumber));
  std::map<std::int64_t, UploadedPart> there;
  for (auto& part : all) there.emplace(part.number, std::move(part));
  KILN_S3_ASK(const auto chosen, choose_parts(upload, there, completion.parts));
  NewVersion made;
  Version& version = made.version;
  version.about = upload.about;
  version.owner = upload.owner;
  version.modified.ms = upload.initiated.ms / 1'000 * 1'000;
  version.parts = static_cast<std::int64_t>(chosen.size());
  std::vector<std::string> md5s;
  for (const UploadedPart& part : chosen) {
    made.parts.push_back({part.number, part.bytes, part.checksum});
    md5s.push_back(part.md5);
    version.size += part.bytes.size;
    there.erase(part.number);
    made.writes.push_back({keys::uploaded_part(b, upload.parts_id, part.number), std::nullopt});
  }
  version.etag = etag_of_parts(md5s);
  version.checksum = checksum_of_parts(upload, chosen);
  KILN_S3_CHECK(check_whole(completion, version));
  made.checks.push_back({entry->key, entry->version});
  made.writes.push_back({entry->key, std::nullopt});
  // Parts that were not named go.
  if (!there.empty())
    made.writes.push_back({keys::garbage(b, upload.parts_id), std::string(1, Garbage::kUpload)});
  auto putting =
      objects_.put(bucket, key, std::move(made), completion.conditions, std::move(cause));
  auto put = co_await std::move(putting);
  if (put && !there.empty()) garbage_.wake();
  co_return put;
}

Task<aws::ApiResult<void>> Uploads::abort(std::string bucket, std::string key, std::string id) {
  KILN_S3_ASK(BucketPtr place, co_await buckets_.get(bucket));
  const Bucket& b = place->bucket;
  KILN_S3_TRY(auto entry, co_await read(b, key, id));
  if (!entry) co_return aws::fail(no_such_upload(id));
  KILN_S3_TRY(const Upload upload, decode_upload(entry->value));
  store::Batch batch;
  batch.check(entry->key, entry->version).erase(entry->key);
  batch.put(keys::garbage(b, upload.parts_id), std::string(1, Garbage::kUpload));
  auto committed = co_await store_.commit(std::move(batch));
  if (!committed && committed.error().code == ErrorCode::kConflict)
    co_return aws::fail(no_such_upload(id));
  KILN_S3_CHECK_STATUS(committed);
  garbage_.wake();
  co_return aws::ApiResult<void>();
}

}  // namespace kiln::s3
