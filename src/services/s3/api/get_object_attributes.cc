// SPDX-License-Identifier: Apache-2.0
// GetObjectAttributes: answers what is asked for of a version, without its bytes.
#include "gen/s3/get_object_attributes.h"

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetObjectAttributes;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:GetObjectAttributes", input.bucket, input.key, input.version_id);
}

gen::s3::GetObjectAttributesParts shown_parts(const Version& version,
                                              const std::vector<Part>& parts, std::int32_t marker,
                                              std::size_t limit) {
  gen::s3::GetObjectAttributesParts out;
  out.total_parts_count = static_cast<std::int32_t>(version.parts);
  out.part_number_marker = marker;
  out.max_parts = static_cast<std::int32_t>(limit);
  out.is_truncated = false;
  auto& list = out.parts.emplace();
  for (const Part& part : parts) {
    if (part.number <= marker) continue;
    if (list.size() == limit) {
      out.is_truncated = true;
      break;
    }
    auto& shown = list.emplace_back();
    shown.part_number = static_cast<std::int32_t>(part.number);
    shown.size = static_cast<std::int64_t>(part.bytes.size);
    if (version.checksum) set_checksum(shown, version.checksum->kind, base64_encode(part.checksum));
    out.next_part_number_marker = shown.part_number;
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const std::size_t limit, page_size(input.max_parts, "max-parts"));
  auto finding = service.objects.find(bucket, *input.key, input.version_id);
  KILN_S3_ASK(const Version version, co_await std::move(finding));
  Model::Output output;
  output.last_modified = version.modified;
  output.version_id = version_header(bucket->bucket, version);
  for (const auto& name : *input.object_attributes) {
    if (name == "ETag") {
      output.e_tag = version.etag;
    } else if (name == "Checksum") {
      if (version.checksum) set_checksum(output.checksum.emplace(), version.checksum);
    } else if (name == "StorageClass") {
      output.storage_class = version.about.storage_class;
    } else if (name == "ObjectSize") {
      output.object_size = static_cast<std::int64_t>(version.size);
    } else if (name == "ObjectParts") {
      if (version.parts == 0) continue;
      auto reading = service.objects.parts(bucket, version);
      KILN_S3_TRY(const auto parts, co_await std::move(reading));
      output.object_parts =
          shown_parts(version, parts, input.part_number_marker.value_or(0), limit);
    } else {
      co_return aws::fail(
          invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", name));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetObjectAttributes{authorize, handle};

}  // namespace kiln::s3
