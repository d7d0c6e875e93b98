// SPDX-License-Identifier: Apache-2.0
// PutBucketCors: replaces the rules for pages of other origins (model/cors.h).
#include "gen/s3/put_bucket_cors.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/cors.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketCors;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketCORS", input.bucket);
}

CorsRules rules_of(const gen::s3::CORSConfiguration& document) {
  const std::vector<std::string> none;
  CorsRules out;
  for (const auto& sent : document.cors_rules.value()) {
    out.push_back({.id = sent.id.value_or(""),
                   .headers = sent.allowed_headers.value_or(none),
                   .methods = sent.allowed_methods.value_or(none),
                   .origins = sent.allowed_origins.value_or(none),
                   .exposed = sent.expose_headers.value_or(none),
                   .max_age_seconds = sent.max_age_seconds});
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const CorsRules rules = rules_of(*input.cors_configuration);
  KILN_S3_CHECK(check_cors(rules));
  KILN_S3_CHECK(co_await set_config(service, bucket, std::string(kCorsConfig), encode(rules)));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketCors{authorize, handle};

}  // namespace kiln::s3
