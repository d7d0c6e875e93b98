// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
#include "gen/lambda/list_event_source_mappings.h"

#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/model/function_ref.h"
#include "sources/api/common.h"
#include "sources/api/operations.h"

#include <algorithm>
#include <utility>

namespace kiln::sources {
namespace {

using Model = gen::lambda::ListEventSourceMappings;

constexpr std::int32_t kPage = 100;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListEventSourceMappings", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  std::string function_arn;
  if (input.function_name) {
    const auto ref = lambda::parse_function_ref(context, *input.function_name, "");
    if (!ref) co_return aws::fail(ref.error());
    function_arn = ref->arn();
  }
  std::string after;
  if (input.marker && !input.marker->empty()) {
    auto decoded = base64_decode(*input.marker);
    if (!decoded) {
      co_return aws::fail(gen::lambda::invalid_parameter_value_exception("Invalid Marker."));
    }
    after = std::move(*decoded);
  }
  const auto limit = static_cast<std::size_t>(std::min(input.max_items.value_or(kPage), kPage));
  auto listing = service.mappings.list(
      context.account, context.region, std::move(after), limit,
      [function_arn, source = input.event_source_arn](const Mapping& mapping) {
        return (function_arn.empty() || mapping.function_arn == function_arn) &&
               (!source || mapping.source_arn == *source);
      });
  KILN_API_TRY(const MappingPage page, "sources", co_await listing);
  Model::Output output;
  auto& mappings = output.event_source_mappings.emplace();
  for (const Mapping& mapping : page.mappings) {
    mappings.push_back(to_configuration(service, mapping));
  }
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListEventSourceMappings{authorize, handle};

}  // namespace kiln::sources
