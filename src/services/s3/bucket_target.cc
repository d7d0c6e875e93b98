// SPDX-License-Identifier: Apache-2.0
#include "services/s3/bucket_target.h"

#include "aws/arn.h"
#include "iam/event_authorization.h"
#include "services/s3/api/common.h"
#include "services/s3/api/new_object.h"

#include <utility>

namespace kiln::s3 {
namespace {

// What the client of an API would have been told, as an error of a delivery.
std::unexpected<Error> refused(aws::ApiError error) {
  ErrorCode code = ErrorCode::kInvalidArgument;
  if (error.http_status == 404) code = ErrorCode::kNotFound;
  if (error.http_status == 409) code = ErrorCode::kConflict;
  if (error.http_status >= 500) code = ErrorCode::kInternal;
  return fail(code, error.code + ": " + error.message);
}

}  // namespace

Task<Result<BucketPtr>> BucketTarget::admit(aws::TargetEvent event) {
  const auto arn = aws::parse_arn(event.target_arn);
  if (!arn || !is_bucket_name(arn->resource)) {
    co_return fail(ErrorCode::kInvalidArgument, "no bucket: " + event.target_arn);
  }
  auto finding = bucket_of(service_, arn->resource, std::nullopt);
  auto bucket = co_await finding;
  if (!bucket) co_return refused(std::move(bucket.error()));
  std::string object = object_arn(arn->resource, event.subject.empty() ? "*" : event.subject);
  auto asking = iam::authorize_event(service_.authorizer, std::move(event), "s3:PutObject",
                                     std::move(object), service_.clock.wall());
  KILN_CO_TRY_VOID(co_await asking);
  co_return std::move(*bucket);
}

Task<Status> BucketTarget::check(aws::TargetEvent event) {
  auto admitting = admit(std::move(event));
  KILN_CO_TRY_VOID(co_await admitting);
  co_return Status{};
}

Task<Status> BucketTarget::deliver(aws::TargetEvent event) {
  if (event.subject.empty() || !check_key(event.subject)) {
    co_return fail(ErrorCode::kInvalidArgument, "an event without a key for its object");
  }
  auto admitting = admit(event);
  KILN_CO_TRY(const BucketPtr bucket, co_await admitting);
  NewVersion made;
  made.version.about.content_type = "application/json";
  auto taking = service_.bodies.take(aws::ByteStream(std::move(event.payload)),
                                     ChecksumKind::kCrc64Nvme, true);
  KILN_CO_TRY(TakenBody body, co_await taking);
  use_body(std::move(body), ChecksumKind::kCrc64Nvme, made);
  made.version.owner = bucket->bucket.account;
  made.version.modified.ms = service_.clock.wall().ms / 1'000 * 1'000;
  Cause cause{.event = "ObjectCreated:Put",
              .principal_id = "AWS:" + event.service,
              .requester = std::move(event.source_account),
              .source_ip = std::move(event.service),
              .request_id = std::move(event.id),
              .trace_header = std::move(event.trace_header),
              .region = bucket->bucket.region};
  auto putting = service_.objects.put(bucket->bucket.name, std::move(event.subject),
                                      std::move(made), {}, std::move(cause));
  auto put = co_await putting;
  if (!put) co_return refused(std::move(put.error()));
  co_return Status{};
}

}  // namespace kiln::s3
