// SPDX-License-Identifier: Apache-2.0
// ListFunctionEventInvokeConfigs: those of a function, its versions and aliases, by qualifier.

#include "gen/lambda/list_function_event_invoke_configs.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/event_configs.h"
#include "lambda/store/function_transaction.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListFunctionEventInvokeConfigs;

constexpr std::int32_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "ListFunctionEventInvokeConfigs", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto transaction = service.repository.look_at(ref->key);
  auto beginning = transaction.begin();
  KILN_API_TRY(const bool exists, "lambda", co_await std::move(beginning));
  if (!exists) {
    co_return aws::fail(gen::lambda::resource_not_found_exception("The function doesn't exist."));
  }
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPageSize));
  store::Range range = store::prefix_range(keys::event_configs(ref->key), limit + 1);
  if (input.marker && !input.marker->empty()) {
    const auto after = base64_decode(*input.marker);
    if (!after)
      co_return aws::fail(gen::lambda::invalid_parameter_value_exception("Invalid Marker."));
    range.begin = keys::event_config(ref->key, *after) + '\0';
  }
  auto scanning = transaction.store().scan(std::move(range));
  KILN_API_TRY(const auto entries, "lambda", co_await std::move(scanning));
  Model::Output output;
  auto& configs = output.function_event_invoke_configs.emplace();
  std::string last;
  for (const auto& entry : entries) {
    if (configs.size() == limit) {
      output.next_marker = base64_encode(last);
      break;
    }
    KILN_API_TRY(const auto config, "lambda", decode_event_config(entry.value));
    describe(ref->key, config, configs.emplace_back());
    last = config.qualifier;
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListFunctionEventInvokeConfigs{authorize, handle};

}  // namespace kiln::lambda
