// SPDX-License-Identifier: Apache-2.0
// ListAliases: of a function, by name; with FunctionVersion those that lead to it.

#include "gen/lambda/list_aliases.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/aliases.h"
#include "lambda/api/common.h"
#include "lambda/api/version_operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListAliases;

constexpr std::size_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "ListAliases", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto marker = read_marker(input.marker);
  if (!marker) co_return aws::fail(std::move(marker.error()));
  auto find = find_function(service, *ref);
  if (const auto record = co_await std::move(find); !record) co_return aws::fail(record.error());
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  auto list = service.parts.aliases(ref->key, std::move(*marker), limit);
  KILN_API_TRY(const AliasPage page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& aliases = output.aliases.emplace();
  // A page of which little is wanted is short: the marker says that there is more.
  for (const Alias& alias : page.aliases) {
    if (input.function_version && !alias.leads_to(*input.function_version)) continue;
    aliases.push_back(to_alias_configuration<gen::lambda::AliasConfiguration>(ref->key, alias));
  }
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListAliases{authorize, handle};

}  // namespace kiln::lambda
