// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/copy_source.h"

#include "base/encoding.h"

namespace kiln::s3 {
namespace {

constexpr int kAttempts = 8;

aws::ApiError bad_source(std::string_view header) {
  return invalid_argument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      "x-amz-copy-source", header);
}

// Both ends are needed and lie inside.
aws::ApiResult<Objects::Stretch> stretch_of(const CopyRequest& request, const Version& version) {
  if (!request.range) {
    if (version.size > kMaxCopyBytes) {
      return aws::fail(invalid_request(
          "The specified copy source is larger than the maximum allowable size for a copy source: "
          "5368709120"));
    }
    return Objects::Stretch{0, version.size};
  }
  const auto dash = request.range->find('-');
  const bool whole_form = request.range->starts_with("bytes=") && dash != std::string::npos &&
                          dash > 6 && dash + 1 < request.range->size();
  auto range = parse_range(*request.range, version.size);
  if (!whole_form || (range && !*range)) {
    return aws::fail(invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy",
        "x-amz-copy-source-range", *request.range));
  }
  const bool inside =
      range && "bytes=" + std::to_string((*range)->first) + "-" + std::to_string((*range)->last) ==
                   *request.range;
  if (!inside) {
    return aws::fail(invalid_argument(
        "Range specified is not valid for source object of size: " + std::to_string(version.size),
        "x-amz-copy-source-range", *request.range));
  }
  return Objects::Stretch{(*range)->first, (*range)->last - (*range)->first + 1};
}

// A second owner of the same file; ETag and checksum are known.
Task<Result<TakenBody>> link_whole(Service& service, const Version& version) {
  TakenBody out;
  out.size = version.size;
  KILN_CO_TRY(out.md5, hex_decode(version.etag));
  KILN_CO_TRY(out.checksum, base64_decode(version.checksum->value));
  KILN_CO_TRY(out.blob, co_await service.bodies.blobs().link(version.blob->blob));
  co_return out;
}

Task<Result<TakenBody>> copy_stretch(Service& service, BucketPtr bucket, const Version& version,
                                     Objects::Stretch stretch, ChecksumKind kind, bool may_inline) {
  if (version.is_inline || stretch.size == 0) {
    std::string bytes;
    if (stretch.size > 0) {
      KILN_CO_TRY(bytes, co_await service.objects.inline_bytes(bucket, version.id));
      bytes = bytes.substr(stretch.offset, stretch.size);
    }
    auto taking = service.bodies.take(aws::ByteStream(std::move(bytes)), kind, may_inline);
    co_return co_await std::move(taking);
  }
  const auto pin = service.bodies.pin(version.id);
  const bool whole = stretch.size == version.size;
  if (whole && version.blob && version.checksum && version.checksum->kind == kind &&
      !version.checksum->composite && version.etag.find('-') == std::string::npos) {
    auto linking = link_whole(service, version);
    co_return co_await std::move(linking);
  }
  auto finding = service.objects.slices(bucket, version, stretch);
  KILN_CO_TRY(auto slices, co_await std::move(finding));
  auto copying = service.bodies.copy(std::move(slices), kind);
  co_return co_await std::move(copying);
}

}  // namespace

aws::ApiResult<CopySource> parse_copy_source(std::string_view header) {
  std::string_view text = header;
  CopySource out;
  if (const auto mark = text.find("?versionId="); mark != std::string_view::npos) {
    out.version_id = std::string(text.substr(mark + 11));
    text = text.substr(0, mark);
  }
  auto decoded = percent_decode(text);
  if (!decoded) return aws::fail(bad_source(header));
  std::string_view path = *decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
    return aws::fail(bad_source(header));
  out.bucket = path.substr(0, slash);
  out.key = path.substr(slash + 1);
  return out;
}

void add_copy_source(aws::Authorization& authorization, const Text& header) {
  const auto source =
      header ? parse_copy_source(*header) : aws::ApiResult<CopySource>(CopySource());
  if (!source || source->bucket.empty()) return;
  authorization.also(on_version("s3:GetObject", source->bucket, source->key, source->version_id)
                         .permissions.front());
}

Task<aws::ApiResult<Copied>> copy_bytes(Service& service, CopySource source, CopyRequest request) {
  for (int tries = 1;; ++tries) {
    KILN_S3_ASK(const BucketPtr bucket,
                co_await bucket_of(service, source.bucket, request.expected_owner));
    auto finding = service.objects.find(bucket, source.key, source.version_id);
    auto found = co_await std::move(finding);
    if (!found && found.error().http_status == 405) {
      co_return aws::fail(invalid_request(
          "The source of a copy request may not specifically refer to a delete marker by version "
          "id."));
    }
    if (!found) co_return aws::fail(std::move(found.error()));
    KILN_S3_CHECK(check_copy_source(request.conditions, *found));
    KILN_S3_ASK(const auto stretch, stretch_of(request, *found));
    auto kind = ChecksumKind::kCrc64Nvme;
    if (found->checksum) kind = found->checksum->kind;
    if (request.checksum) kind = *request.checksum;
    auto copying = copy_stretch(service, bucket, *found, stretch, kind, request.may_inline);
    auto body = co_await std::move(copying);
    if (body) {
      auto version_id = version_header(bucket->bucket, *found);
      co_return Copied{std::move(*body), std::move(*found), kind, std::move(version_id)};
    }
    const auto code = body.error().code;
    const bool replaced = code == ErrorCode::kNotFound || code == ErrorCode::kConflict;
    if (!replaced || tries == kAttempts) co_return aws::fail(internal_error(body.error()));
  }
}

}  // namespace kiln::s3
