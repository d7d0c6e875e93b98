// SPDX-License-Identifier: Apache-2.0
// ListFunctions: pages of at most 50, by name; with FunctionVersion=ALL each with its versions.

#include "gen/lambda/list_functions.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListFunctions;

constexpr std::size_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListFunctions", "*"};
}

// The last item of the page before: a function, and with FunctionVersion=ALL the version of it.
struct Place {
  std::string name;
  std::int64_t version = 0;  // zero: $LATEST
};

Place read_place(const std::string& marker) {
  const auto separator = marker.find('\n');
  if (separator == std::string::npos) return {.name = marker};
  return {.name = marker.substr(0, separator),
          .version = version_number(marker.substr(separator + 1))};
}

std::string write_place(const gen::lambda::FunctionConfiguration& last, bool all) {
  return base64_encode(all ? *last.function_name + '\n' + *last.version : *last.function_name);
}

FunctionKey key_of(const aws::RequestContext& context, std::string name) {
  return {.account = context.account, .region = context.region, .name = std::move(name)};
}

using List = std::vector<gen::lambda::FunctionConfiguration>;

// Published versions of one function after `after`, as many as fit. True: there are more.
Task<Result<bool>> add_versions(Service& service, FunctionKey key, std::int64_t after,
                                std::size_t limit, List& list) {
  auto reading = service.parts.versions(std::move(key), after, limit - list.size());
  KILN_CO_TRY(const VersionPage page, co_await std::move(reading));
  for (const auto& version : page.versions) {
    list.push_back(to_list_item(version, Arn::kQualified));
  }
  co_return page.more;
}

// The items after `place`, at most `limit`. True: there are more.
Task<Result<bool>> add_page(Service& service, aws::RequestContext context, Place place, bool all,
                            std::size_t limit, List& list) {
  if (all && !place.name.empty()) {
    auto adding = add_versions(service, key_of(context, place.name), place.version, limit, list);
    KILN_CO_TRY(const bool more, co_await std::move(adding));
    if (more) co_return true;
  }
  // One at least, to know whether there are more.
  const auto room = std::max<std::size_t>(limit - list.size(), 1);
  auto listing = service.repository.list(context.account, context.region, place.name, room);
  KILN_CO_TRY(const FunctionPage page, co_await std::move(listing));
  for (const auto& record : page.functions) {
    if (list.size() == limit) co_return true;
    list.push_back(to_list_item(record.latest, all ? Arn::kQualified : Arn::kUnqualified));
    if (!all) continue;
    auto adding = add_versions(service, key_of(context, record.latest.name), 0, limit, list);
    KILN_CO_TRY(const bool more, co_await std::move(adding));
    if (more) co_return true;
  }
  co_return !page.next.empty();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto marker = read_marker(input.marker);
  if (!marker) co_return aws::fail(marker.error());
  // Replicas of Lambda@Edge do not exist here, so another master region has none.
  const bool elsewhere = input.master_region && *input.master_region != context.region &&
                         *input.master_region != "ALL";
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  const bool all = input.function_version.value_or("") == "ALL";
  Model::Output output;
  auto& functions = output.functions.emplace();
  if (elsewhere) co_return output;
  auto adding = add_page(service, std::move(context), read_place(*marker), all, limit, functions);
  KILN_API_TRY(const bool more, "lambda", co_await std::move(adding));
  if (more && !functions.empty()) output.next_marker = write_place(functions.back(), all);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListFunctions{authorize, handle};

}  // namespace kiln::lambda
