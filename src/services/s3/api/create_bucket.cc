// SPDX-License-Identifier: Apache-2.0
// CreateBucket: makes a bucket in the region of the request.
#include "gen/s3/create_bucket.h"

#include "services/s3/api/common.h"
#include "services/s3/api/first_configs.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/names.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::CreateBucket;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:CreateBucket", input.bucket);
}

// us-east-1 is the one region that is not named.
aws::ApiResult<void> check_location(const Model::Input& input, const std::string& region) {
  std::string asked;
  if (input.create_bucket_configuration)
    asked = input.create_bucket_configuration->location_constraint.value_or("");
  if (asked == region || (asked.empty() && region == "us-east-1")) {
    if (asked != "us-east-1") return {};
    return aws::fail({"InvalidLocationConstraint",
                      400,
                      "The specified location-constraint is not valid",
                      {{"LocationConstraint", asked}},
                      {}});
  }
  return aws::fail({"IllegalLocationConstraintException",
                    400,
                    "The " + (asked.empty() ? "unspecified" : asked) +
                        " location constraint is incompatible for the region specific endpoint "
                        "this request was sent to.",
                    {},
                    {}});
}

aws::ApiResult<void> check_settings(const Model::Input& input) {
  if (input.object_lock_enabled_for_bucket.value_or(false))
    return aws::fail(not_implemented("x-amz-bucket-object-lock-enabled"));
  if (input.create_bucket_configuration &&
      (input.create_bucket_configuration->bucket || input.create_bucket_configuration->location))
    return aws::fail(not_implemented("CreateBucketConfiguration.Bucket"));
  return {};
}

aws::ApiError taken(const Bucket& bucket, const std::string& account) {
  const Fields name{{"BucketName", bucket.name}};
  if (bucket.account == account) {
    return {"BucketAlreadyOwnedByYou",
            409,
            "Your previous request to create the named bucket succeeded and you already own it.",
            name,
            {}};
  }
  return {"BucketAlreadyExists",
          409,
          "The requested bucket name is not available. The bucket namespace is shared by all users "
          "of the system. Please select a different name and try again",
          name,
          {}};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (context.account.empty()) co_return aws::fail(access_denied());
  const std::string name = *input.bucket;
  if (!is_bucket_name(name)) {
    co_return aws::fail({"InvalidBucketName",
                         400,
                         "The specified bucket is not valid.",
                         {{"BucketName", name}},
                         {}});
  }
  KILN_S3_CHECK(check_location(input, context.region));
  KILN_S3_CHECK(check_settings(input));
  KILN_S3_ASK(Configs configs, first_configs(input, context.account));
  Bucket bucket;
  bucket.name = name;
  bucket.account = context.account;
  bucket.region = context.region;
  bucket.created.ms = context.now.ms / 1'000 * 1'000;
  KILN_S3_TRY(const bool made, co_await service.buckets.create(bucket, std::move(configs)));
  if (!made) {
    KILN_S3_TRY(const BucketPtr old, co_await service.buckets.find(name));
    // The classic region answers as if it were new.
    const bool again = old && old->bucket.account == context.account &&
                       old->bucket.region == "us-east-1" && context.region == "us-east-1";
    if (!again) co_return aws::fail(taken(old ? old->bucket : bucket, context.account));
  }
  Model::Output output;
  output.location =
      context.region == "us-east-1" ? "/" + name : "http://" + name + ".s3.amazonaws.com/";
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kCreateBucket{authorize, handle};

}  // namespace kiln::s3
