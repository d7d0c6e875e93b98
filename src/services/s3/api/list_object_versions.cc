// SPDX-License-Identifier: Apache-2.0
// ListObjectVersions: lists all versions and delete markers.
#include "gen/s3/list_object_versions.h"

#include "services/s3/api/common.h"
#include "services/s3/api/list_common.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListObjectVersions;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return list_authorization("s3:ListBucketVersions", input);
}

void show(const VersionPage::Entry& entry, const ListText& text, Model::Output& output) {
  const Version& version = entry.version;
  if (version.marker) {
    auto& shown = output.delete_markers->emplace_back();
    shown.key = text(entry.key);
    shown.version_id = shown_version_id(version);
    shown.is_latest = entry.latest;
    shown.last_modified = version.modified;
    shown.owner.emplace().id = canonical_id(version.owner);
    return;
  }
  auto& shown = output.versions->emplace_back();
  shown.key = text(entry.key);
  shown.version_id = shown_version_id(version);
  shown.is_latest = entry.latest;
  shown.last_modified = version.modified;
  shown.e_tag = quoted(version.etag);
  shown.size = static_cast<std::int64_t>(version.size);
  shown.storage_class = version.about.storage_class;
  shown.owner.emplace().id = canonical_id(version.owner);
  if (version.checksum) {
    shown.checksum_algorithm = {checksum_label(version.checksum->kind)};
    shown.checksum_type = version.checksum->composite ? "COMPOSITE" : "FULL_OBJECT";
  }
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_keys, "max-keys"));
  KILN_S3_ASK(const ListText text, ListText::from(input.encoding_type));
  const std::string id_marker = input.version_id_marker.value_or("");
  if (!id_marker.empty() && input.key_marker.value_or("").empty()) {
    co_return aws::fail(
        invalid_argument("A version-id marker cannot be specified without a key marker.",
                         "version-id-marker", id_marker));
  }
  ListRequest request{.prefix = input.prefix.value_or(""),
                      .delimiter = input.delimiter.value_or(""),
                      .after = input.key_marker.value_or(""),
                      .limit = limit};
  VersionPage page;
  if (limit > 0) {
    auto listing = service.listing.list_versions(bucket, request, id_marker);
    KILN_S3_TRY(page, co_await std::move(listing));
  }
  Model::Output output;
  output.name = bucket->bucket.name;
  output.prefix = text(request.prefix);
  output.key_marker = text(request.after);
  output.version_id_marker = id_marker;
  output.max_keys = static_cast<std::int32_t>(limit);
  if (!request.delimiter.empty()) output.delimiter = text(request.delimiter);
  output.encoding_type = input.encoding_type;
  output.is_truncated = page.truncated;
  if (page.truncated) {
    output.next_key_marker = text(page.last_key);
    if (!page.last_id.empty()) output.next_version_id_marker = page.last_id;
  }
  output.versions.emplace();
  output.delete_markers.emplace();
  for (const auto& entry : page.entries) show(entry, text, output);
  output.common_prefixes = shown_prefixes(page.prefixes, text);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListObjectVersions{authorize, handle};

}  // namespace kiln::s3
