// SPDX-License-Identifier: Apache-2.0
// DeleteObjectTagging: removes the tags of a version.
#include "gen/s3/delete_object_tagging.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::DeleteObjectTagging;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:DeleteObjectTagging", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  auto updating = service.objects.update(
      *input.bucket, *input.key, input.version_id,
      [](Version& version) -> aws::ApiResult<void> {
        version.about.tags.clear();
        return {};
      },
      cause_of(context, "ObjectTagging:Delete"));
  KILN_S3_ASK(const Version version, co_await std::move(updating));
  Model::Output output;
  output.version_id = version_header(bucket->bucket, version);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kDeleteObjectTagging{authorize, handle};

}  // namespace kiln::s3
