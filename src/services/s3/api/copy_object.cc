// SPDX-License-Identifier: Apache-2.0
// CopyObject: makes an object from another.
#include "gen/s3/copy_object.h"

#include "services/s3/api/common.h"
#include "services/s3/api/copy_source.h"
#include "services/s3/api/lifecycle_headers.h"
#include "services/s3/api/new_object.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::CopyObject;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  auto out = put_object_authorization("s3:PutObject", input);
  add_copy_source(out, input.copy_source);
  return out;
}

aws::ApiResult<bool> replaces(const Text& directive, std::string_view what) {
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return aws::fail(invalid_argument("Unknown " + std::string(what) + " directive.",
                                    "x-amz-" + std::string(what) + "-directive", *directive));
}

// What the copy says of itself: the source's words, or the request's.
aws::ApiResult<Description> describe_copy(const Model::Input& input, const Version& source) {
  auto metadata = replaces(input.metadata_directive, "metadata");
  auto tags = replaces(input.tagging_directive, "tagging");
  if (!metadata) return aws::fail(std::move(metadata.error()));
  if (!tags) return aws::fail(std::move(tags.error()));
  auto sent = describe(input);
  if (!sent) return sent;
  Description out = *metadata ? *sent : source.about;
  out.tags = *tags ? sent->tags : source.about.tags;
  // Never copied.
  out.storage_class = sent->storage_class;
  out.website_redirect = sent->website_redirect;
  out.acl.clear();
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_CHECK(check_key(input.key));
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const CopySource source, parse_copy_source(*input.copy_source));
  KILN_S3_ASK(const auto conditions, write_conditions(input.if_match, input.if_none_match));
  std::optional<ChecksumKind> kind;
  if (input.checksum_algorithm) kind = checksum_from_name(*input.checksum_algorithm);
  const bool changes = (input.metadata_directive && *input.metadata_directive == "REPLACE") ||
                       input.storage_class || input.website_redirect_location ||
                       input.server_side_encryption || source.version_id;
  if (source.bucket == *input.bucket && source.key == *input.key && !changes) {
    co_return aws::fail(invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes."));
  }
  auto copying = copy_bytes(service, source,
                            {.conditions = copy_conditions(input),
                             .expected_owner = input.expected_source_bucket_owner,
                             .range = {},
                             .checksum = kind,
                             .may_inline = true});
  KILN_S3_ASK(Copied copied, co_await std::move(copying));
  NewVersion made;
  KILN_S3_ASK(made.version.about, describe_copy(input, copied.source));
  KILN_S3_ASK(Ownership ownership, ownership_of(sent_acl(input), *bucket, context));
  made.version.about.acl = std::move(ownership.acl);
  use_body(std::move(copied.body), copied.checksum, made);
  made.version.owner = std::move(ownership.owner);
  made.version.modified.ms = service.clock.wall().ms / 1'000 * 1'000;
  auto putting = service.objects.put(*input.bucket, *input.key, std::move(made), conditions,
                                     cause_of(context, "ObjectCreated:Copy"));
  KILN_S3_ASK(const Version version, co_await std::move(putting));
  Model::Output output;
  auto& result = output.copy_object_result.emplace();
  result.e_tag = quoted(version.etag);
  result.last_modified = version.modified;
  set_checksum(result, version.checksum);
  output.copy_source_version_id = copied.version_id;
  output.expiration = expiration_header(*bucket, *input.key, version);
  output.version_id = put_version_header(version, bucket->bucket);
  output.server_side_encryption = "AES256";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCopyObject{authorize, handle};

}  // namespace kiln::s3
