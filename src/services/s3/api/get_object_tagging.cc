// SPDX-License-Identifier: Apache-2.0
// GetObjectTagging: answers the tags of a version.
#include "gen/s3/get_object_tagging.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/tagging.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetObjectTagging;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:GetObjectTagging", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  auto finding = service.objects.find(bucket, *input.key, input.version_id);
  KILN_S3_ASK(const Version version, co_await std::move(finding));
  Model::Output output;
  output.tag_set = shown_tags(version.about.tags);
  output.version_id = version_header(bucket->bucket, version);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetObjectTagging{authorize, handle};

}  // namespace kiln::s3
