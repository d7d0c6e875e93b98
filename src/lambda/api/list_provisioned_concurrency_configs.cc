// SPDX-License-Identifier: Apache-2.0
// ListProvisionedConcurrencyConfigs: of a function, by version or alias.

#include "gen/lambda/list_provisioned_concurrency_configs.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListProvisionedConcurrencyConfigs;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "ListProvisionedConcurrencyConfigs", input.function_name);
}

constexpr std::size_t kPageSize = 50;

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  const auto after = read_marker(input.marker);
  if (!after) co_return aws::fail(after.error());
  auto find = find_function(service, *ref);
  const auto record = co_await std::move(find);
  if (!record) co_return aws::fail(record.error());
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  Model::Output output;
  auto& list = output.provisioned_concurrency_configs.emplace();
  std::string last;
  for (auto at = record->provisioned.upper_bound(*after); at != record->provisioned.end(); ++at) {
    const auto& [qualifier, config] = *at;
    if (list.size() == limit) {
      output.next_marker = base64_encode(last);
      break;
    }
    const FunctionRef qualified{.key = ref->key, .qualifier = qualifier};
    auto asking = provisioned_state(service, qualified, config.count);
    KILN_API_TRY(const ProvisionedState state, "lambda", co_await std::move(asking));
    auto& item = list.emplace_back();
    item.function_arn = qualified.arn();
    describe_provisioned(config, state, item);
    last = qualifier;
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListProvisionedConcurrencyConfigs{authorize, handle};

}  // namespace kiln::lambda
