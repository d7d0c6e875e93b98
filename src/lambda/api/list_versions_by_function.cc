// SPDX-License-Identifier: Apache-2.0
// ListVersionsByFunction: $LATEST, then the published versions by number, in pages of at most 50.

#include "gen/lambda/list_versions_by_function.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/version_operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListVersionsByFunction;

constexpr std::size_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "ListVersionsByFunction", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  const auto marker = read_marker(input.marker);
  if (!marker) co_return aws::fail(marker.error());
  auto find = find_function(service, {.key = ref->key, .qualifier = ""});
  const auto record = co_await std::move(find);
  if (!record) co_return aws::fail(record.error());
  auto room = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  Model::Output output;
  auto& versions = output.versions.emplace();
  // The marker is the last version of the page before, "0" for $LATEST.
  if (marker->empty()) {
    versions.push_back(to_list_item(record->latest, Arn::kQualified));
    --room;
  }
  auto list = service.parts.versions(ref->key, version_number(*marker), room);
  KILN_API_TRY(const VersionPage page, "lambda", co_await std::move(list));
  for (const auto& version : page.versions) {
    versions.push_back(to_list_item(version, Arn::kQualified));
  }
  if (page.more) {
    const auto& last = *versions.back().version;
    output.next_marker = base64_encode(last == kLatest ? "0" : last);
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListVersionsByFunction{authorize, handle};

}  // namespace kiln::lambda
