// SPDX-License-Identifier: Apache-2.0
#include "invoke/lambda_event_target.h"

#include "aws/arn.h"
#include "iam/event_authorization.h"
#include "invoke/json_check.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::invoke {
namespace {

// What the client of an API would have been told, as an error of a delivery.
std::unexpected<Error> refused(const aws::ApiError& error) {
  ErrorCode code = ErrorCode::kInvalidArgument;
  if (error.http_status == 404) code = ErrorCode::kNotFound;
  // The function is being made or changed, or the server is at fault: later it may do.
  if (error.http_status == 409 || error.http_status == 429) code = ErrorCode::kConflict;
  if (error.http_status >= 500) code = ErrorCode::kInternal;
  return fail(code, error.code + ": " + error.message);
}

}  // namespace

Task<Status> LambdaEventTarget::check(aws::TargetEvent event) {
  const auto arn = aws::parse_arn(event.target_arn);
  if (!arn) co_return fail(ErrorCode::kInvalidArgument, "not an ARN: " + event.target_arn);
  aws::RequestContext context;
  context.request_id = event.id;
  context.service = "lambda";
  context.operation = "Invoke";
  context.account = arn->account;
  context.region = arn->region;
  context.now = clock_.wall();
  auto resolving = functions_.resolve(context, event.target_arn, "");
  const auto function = co_await resolving;
  if (!function) co_return refused(function.error());
  const std::string resource = event.target_arn;
  auto asking = iam::authorize_event(authorizer_, std::move(event), "lambda:InvokeFunction",
                                     resource, context.now);
  co_return co_await asking;
}

Task<Status> LambdaEventTarget::deliver(aws::TargetEvent event) {
  if (event.payload.size() > kMaxAsyncPayloadBytes) {
    co_return fail(ErrorCode::kInvalidArgument, "the event is larger than 1 MiB");
  }
  if (const auto fault = find_json_fault(event.payload)) {
    co_return fail(ErrorCode::kInvalidArgument, "the event is not JSON: " + *fault);
  }
  auto checking = check(event);
  KILN_CO_TRY_VOID(co_await checking);
  aws::RequestContext context;
  const auto arn = aws::parse_arn(event.target_arn);
  context.account = arn->account;
  context.region = arn->region;
  const auto ref = lambda::parse_function_ref(context, event.target_arn, "");
  if (!ref) co_return refused(ref.error());
  AsyncEvent accepted;
  accepted.request_id = std::move(event.id);
  accepted.function = ref->key;
  accepted.qualifier = ref->qualifier;
  accepted.payload = std::move(event.payload);
  accepted.trace_header = std::move(event.trace_header);
  auto accepting = events_.accept(std::move(accepted));
  co_return co_await accepting;
}

}  // namespace kiln::invoke
