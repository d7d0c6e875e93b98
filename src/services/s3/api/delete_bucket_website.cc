// SPDX-License-Identifier: Apache-2.0
// DeleteBucketWebsite: makes a bucket no website any more.
#include "gen/s3/delete_bucket_website.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/website.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::DeleteBucketWebsite;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:DeleteBucketWebsite", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_CHECK(co_await set_config(service, bucket, std::string(kWebsiteConfig), std::nullopt));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kDeleteBucketWebsite{authorize, handle};

}  // namespace kiln::s3
