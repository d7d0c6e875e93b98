// SPDX-License-Identifier: Apache-2.0
// PutBucketVersioning: turns versioning on or suspends it.
#include "gen/s3/put_bucket_versioning.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketVersioning;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketVersioning", input.bucket);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& configuration = *input.versioning_configuration;
  if (configuration.mfa_delete && *configuration.mfa_delete == "Enabled")
    co_return aws::fail(not_implemented("MfaDelete"));
  const std::string status = configuration.status.value_or("");
  if (status != "Enabled" && status != "Suspended") {
    co_return aws::fail({"IllegalVersioningConfigurationException",
                         400,
                         "The Versioning element must be specified",
                         {},
                         {}});
  }
  const auto wanted = status == "Enabled" ? Versioning::kEnabled : Versioning::kSuspended;
  auto updating = service.buckets.update(
      bucket->bucket.name, [wanted](Bucket& changed, Configs&) -> aws::ApiResult<void> {
        changed.versioning = wanted;
        return {};
      });
  KILN_S3_CHECK(co_await std::move(updating));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketVersioning{authorize, handle};

}  // namespace kiln::s3
