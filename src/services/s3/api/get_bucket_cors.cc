// SPDX-License-Identifier: Apache-2.0
// GetBucketCors: answers the rules for pages of other origins.
#include "gen/s3/get_bucket_cors.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/cors.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketCors;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketCORS", input.bucket);
}

template <class List>
std::optional<List> some(List list) {
  return list.empty() ? std::nullopt : std::optional(std::move(list));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* stored = bucket->config(std::string(kCorsConfig));
  if (!stored) {
    co_return aws::fail(
        no_config("NoSuchCORSConfiguration", "The CORS configuration does not exist", *bucket));
  }
  KILN_S3_TRY(CorsRules rules, decode_cors(*stored));
  Model::Output output;
  auto& out = output.cors_rules.emplace();
  for (CorsRule& rule : rules) {
    auto& shown = out.emplace_back();
    shown.id = some(std::move(rule.id));
    shown.allowed_headers = some(std::move(rule.headers));
    shown.allowed_methods = std::move(rule.methods);
    shown.allowed_origins = std::move(rule.origins);
    shown.expose_headers = some(std::move(rule.exposed));
    shown.max_age_seconds = rule.max_age_seconds;
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketCors{authorize, handle};

}  // namespace kiln::s3
