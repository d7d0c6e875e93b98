// SPDX-License-Identifier: Apache-2.0
// UpdateFunctionConfiguration: other settings for $LATEST; what is absent stays.

#include "gen/lambda/update_function_configuration.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/layers.h"
#include "lambda/api/operations.h"
#include "lambda/model/decisions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateFunctionConfiguration;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  auto out = authorize_function(context, "UpdateFunctionConfiguration", input.function_name);
  if (input.role) ask_pass_role(context, *input.role, out);
  ask_layers(input.layers, out);
  ask_vpc(input.vpc_config, out);
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_latest_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_function(service, *ref);
  const auto current = co_await std::move(find);
  if (!current) co_return aws::fail(current.error());
  if (input.role) {
    auto role = check_role(service, ref->key.account, *input.role);
    if (auto ok = co_await std::move(role); !ok) co_return aws::fail(std::move(ok.error()));
  }
  if (input.layers && !input.layers->empty()) {
    auto verify = check_signature(service, current->code_signing_config);
    if (auto ok = co_await std::move(verify); !ok) co_return aws::fail(std::move(ok.error()));
  }
  if (input.dead_letter_config) {
    FunctionVersion changed = current->latest;
    changed.dead_letter_target = input.dead_letter_config->target_arn.value_or("");
    if (input.role) changed.role = *input.role;
    auto letters = check_dead_letters(service, std::move(changed));
    if (auto ok = co_await std::move(letters); !ok) co_return aws::fail(std::move(ok.error()));
  }
  auto resolve =
      resolve_layers(service, context, input.layers.value_or(std::vector<std::string>()));
  auto resolved = co_await std::move(resolve);
  if (!resolved) co_return aws::fail(std::move(resolved.error()));
  const Layers layers = input.layers ? Layers(std::move(*resolved)) : Layers();
  const std::string revision = service.random.uuid();
  auto update = service.repository.update(
      ref->key, function_not_found(*ref), [&](FunctionRecord& record) -> aws::ApiResult<void> {
        KILN_TRY_VOID(check_updatable(record.latest, input.revision_id));
        KILN_TRY(record.latest,
                 decide_configuration(std::move(record.latest), input, service.settings, layers));
        begin_update(record.latest, revision, context.now);
        return {};
      });
  const auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(updated.error());
  service.activator.activate(ref->key);
  co_return to_configuration(updated->latest);
}

}  // namespace

const aws::Operation<Model, Service> kUpdateFunctionConfiguration{authorize, handle};

}  // namespace kiln::lambda
