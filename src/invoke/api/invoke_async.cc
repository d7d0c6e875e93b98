// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html (deprecated in favour of
// Invoke, still called).
#include "gen/lambda/invoke_async.h"

#include "invoke/api/operations.h"
#include "invoke/api/payload.h"
#include "invoke/tenant.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::invoke {
namespace {

using gen::lambda::InvokeAsync;

constexpr std::size_t kMaxArgsBytes = 256 * 1024;

aws::Authorization authorize(const aws::RequestContext& context, const InvokeAsync::Input& input) {
  return {"lambda:InvokeAsync", lambda::resource_arn(context, input.function_name.value_or(""))};
}

Task<aws::ApiResult<InvokeAsync::Output>> handle(Service& service, aws::RequestContext context,
                                                 InvokeAsync::Input input) {
  const std::string name = input.function_name.value_or("");
  const auto ref = lambda::parse_function_ref(context, name, "");
  if (!ref) co_return aws::fail(ref.error());
  AsyncEvent event{.request_id = context.request_id,
                   .function = ref->key,
                   .qualifier = ref->qualifier,
                   .payload = std::move(input.invoke_args).value_or(""),
                   .client_context = {},
                   .trace_header = context.trace_header,
                   .tenant_id = {}};
  auto resolving = service.functions.resolve(std::move(context), name, "");
  const auto function = co_await resolving;
  if (!function) co_return aws::fail(function.error());
  if (auto good = check_tenant(*function->version, ""); !good)
    co_return aws::fail(std::move(good.error()));
  if (auto good = check_event_size(event.payload.size(), kMaxArgsBytes); !good)
    co_return aws::fail(std::move(good.error()));
  if (auto good = check_json(event.payload); !good) co_return aws::fail(std::move(good.error()));
  auto accepting = service.events.accept(std::move(event));
  if (const Status accepted = co_await accepting; !accepted)
    co_return aws::fail(aws::internal_failure("invoke", accepted.error(), "ServiceException"));
  InvokeAsync::Output output;
  output.status = 202;
  co_return output;
}

}  // namespace

const aws::Operation<InvokeAsync, Service> kInvokeAsync{authorize, handle};

}  // namespace kiln::invoke
