// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "invoke/api/checks.h"
#include "invoke/api/operations.h"
#include "invoke/api/payload.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::invoke {
namespace {

using gen::lambda::Invoke;

aws::Authorization authorize(const aws::RequestContext& context, const Invoke::Input& input) {
  return {"lambda:InvokeFunction", lambda::resource_arn(context, input.function_name.value_or(""),
                                                        input.qualifier.value_or(""))};
}

// Goes with functions that this build can't create.
aws::ApiResult<void> check_unsupported(const Invoke::Input& input) {
  if (input.durable_execution_name && !input.durable_execution_name->empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The invoked function is not a durable function. Remove the durable execution name from "
        "your request and try again."));
  }
  return {};
}

// Answers when the event is on disk.
Task<aws::ApiResult<Invoke::Output>> accept(Service& service, lambda::FunctionRef function,
                                            InvokeRequest request) {
  AsyncEvent event{.request_id = std::move(request.request_id),
                   .function = std::move(function.key),
                   .qualifier = std::move(function.qualifier),
                   .payload = std::move(request.payload),
                   .client_context = std::move(request.client_context),
                   .trace_header = std::move(request.trace_header),
                   .tenant_id = std::move(request.tenant_id)};
  auto accepting = service.events.accept(std::move(event));
  if (const Status accepted = co_await accepting; !accepted)
    co_return aws::fail(aws::internal_failure("invoke", accepted.error(), "ServiceException"));
  Invoke::Output output;
  output.status_code = 202;
  co_return output;
}

Task<aws::ApiResult<Invoke::Output>> handle(Service& service, aws::RequestContext context,
                                            Invoke::Input input) {
  const std::string name = input.function_name.value_or("");
  const std::string qualifier = input.qualifier.value_or("");
  const std::string type = input.invocation_type.value_or("RequestResponse");
  if (auto good = check_unsupported(input); !good) co_return aws::fail(std::move(good.error()));

  InvokeRequest request;
  const auto ref = lambda::parse_function_ref(context, name, qualifier);
  if (!ref) co_return aws::fail(ref.error());
  request.invoked_arn = ref->arn();
  request.request_id = context.request_id;
  request.trace_header = context.trace_header;
  auto resolving = service.functions.resolve(std::move(context), name, qualifier);
  auto function = co_await std::move(resolving);
  if (!function) co_return aws::fail(std::move(function.error()));
  if (auto good = check_invocable(*function->version); !good)
    co_return aws::fail(std::move(good.error()));

  request.tenant_id = std::move(input.tenant_id).value_or("");
  if (auto good = check_tenant(*function->version, request.tenant_id); !good)
    co_return aws::fail(std::move(good.error()));

  std::string payload = std::move(input.payload).value_or("");
  if (type == "Event") {
    auto good = check_event_size(payload.size(), kMaxAsyncPayloadBytes);
    if (!good) co_return aws::fail(std::move(good.error()));
  }
  if (auto good = check_payload(payload); !good) co_return aws::fail(std::move(good.error()));
  auto client_context = decode_client_context(input.client_context);
  if (!client_context) co_return aws::fail(std::move(client_context.error()));

  Invoke::Output output;
  if (type == "DryRun") {
    output.status_code = 204;
    co_return output;
  }
  request.concurrency = function->concurrency;
  request.allows_recursion = function->allows_recursion;
  request.payload = std::move(payload);
  request.client_context = std::move(*client_context);
  if (type == "Event") {
    auto accepting = accept(service, *ref, std::move(request));
    co_return co_await accepting;
  }
  request.tail_log = input.log_type == "Tail";
  const bool tail_log = request.tail_log;
  auto invoking = service.invoker.invoke(std::move(function->version), std::move(request));
  auto result = co_await std::move(invoking);
  if (!result) co_return aws::fail(std::move(result.error()));

  output.status_code = 200;
  if (!result->function_error.empty()) output.function_error = std::move(result->function_error);
  if (tail_log) output.log_result = base64_encode(result->log_tail);
  output.executed_version = std::move(result->executed_version);
  output.payload = std::move(result->payload);
  co_return output;
}

}  // namespace

const aws::Operation<Invoke, Service> kInvoke{authorize, handle};

}  // namespace kiln::invoke
