// SPDX-License-Identifier: Apache-2.0
// ListFunctionUrlConfigs: the URLs of a function and of its aliases.

#include "gen/lambda/list_function_url_configs.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/operations.h"
#include "lambda/api/urls.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListFunctionUrlConfigs;

constexpr std::size_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_url(context, "ListFunctionUrlConfigs", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_url_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  std::optional<std::string> after;
  if (input.marker && !input.marker->empty()) {
    auto decoded = base64_decode(*input.marker);
    // The first letter tells the function's own URL, whose qualifier is empty, from no marker.
    if (!decoded || !decoded->starts_with('q'))
      co_return aws::fail(gen::lambda::invalid_parameter_value_exception("Invalid Marker."));
    after = decoded->substr(1);
  }
  auto checking = check_url_function(service, {.key = ref->key, .qualifier = ""});
  if (auto good = co_await std::move(checking); !good) co_return aws::fail(std::move(good.error()));
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  auto list = service.urls.list(ref->key, std::move(after), limit);
  KILN_API_TRY(const UrlPage page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& configs = output.function_url_configs.emplace();
  for (const auto& url : page.urls) describe_url(service, context, url, configs.emplace_back());
  if (page.more) output.next_marker = base64_encode("q" + page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListFunctionUrlConfigs{authorize, handle};

}  // namespace kiln::lambda
