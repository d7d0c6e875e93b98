// SPDX-License-Identifier: Apache-2.0
// PutObjectTagging: replaces the tags of a version.
#include "gen/s3/put_object_tagging.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/tagging.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutObjectTagging;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:PutObjectTagging", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(Tags tags, tags_of(input.tagging->tag_set, kMaxObjectTags));
  auto updating = service.objects.update(
      *input.bucket, *input.key, input.version_id,
      [&tags](Version& version) -> aws::ApiResult<void> {
        version.about.tags = tags;
        return {};
      },
      cause_of(context, "ObjectTagging:Put"));
  KILN_S3_ASK(const Version version, co_await std::move(updating));
  Model::Output output;
  output.version_id = version_header(bucket->bucket, version);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutObjectTagging{authorize, handle};

}  // namespace kiln::s3
