// SPDX-License-Identifier: Apache-2.0
// CreateFunction: a new function, Pending until its code is in place.

#include "gen/lambda/create_function.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/layers.h"
#include "lambda/api/operations.h"
#include "lambda/api/package.h"
#include "lambda/model/decisions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::CreateFunction;

aws::ApiError bad_name(const std::string& name) {
  return gen::lambda::invalid_parameter_value_exception(
      "The function name must not carry a qualifier: " + name);
}

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  auto out = authorize_function(context, "CreateFunction", input.function_name);
  ask_pass_role(context, *input.role, out);
  ask_layers(input.layers, out);
  ask_vpc(input.vpc_config, out);
  if (input.code_signing_config_arn) {
    out.condition_keys()["lambda:CodeSigningConfigArn"] = {*input.code_signing_config_arn};
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  if (!ref->qualifier.empty()) co_return aws::fail(bad_name(*input.function_name));
  auto resolve =
      resolve_layers(service, context, input.layers.value_or(std::vector<std::string>()));
  const auto layers = co_await std::move(resolve);
  if (!layers) co_return aws::fail(layers.error());
  auto decided = decide_create(ref->key, input, service.settings, *layers);
  if (!decided) co_return aws::fail(std::move(decided.error()));
  auto& code = *input.code;
  const auto source = check_code_source({.zip_file = code.zip_file,
                                         .s3_bucket = code.s3_bucket,
                                         .s3_key = code.s3_key,
                                         .image_uri = code.image_uri},
                                        /*updating=*/false);
  if (!source) co_return aws::fail(source.error());
  auto role = check_role(service, ref->key.account, decided->role);
  if (auto ok = co_await std::move(role); !ok) co_return aws::fail(std::move(ok.error()));
  auto verify = check_signature(service, input.code_signing_config_arn.value_or(""));
  if (auto ok = co_await std::move(verify); !ok) co_return aws::fail(std::move(ok.error()));
  auto letters = check_dead_letters(service, *decided);
  if (auto ok = co_await std::move(letters); !ok) co_return aws::fail(std::move(ok.error()));

  // Asked before the zip is unpacked; the commit asks again.
  auto find = service.repository.find(ref->key);
  KILN_API_TRY(const auto existing, "lambda", co_await std::move(find));
  if (existing) {
    co_return aws::fail(
        gen::lambda::resource_conflict_exception("Function already exist: " + ref->key.name));
  }
  auto take = take_package(service, context,
                           {.zip_file = std::move(code.zip_file),
                            .s3_bucket = std::move(code.s3_bucket),
                            .s3_key = std::move(code.s3_key),
                            .s3_object_version = std::move(code.s3_object_version)});
  auto zip = co_await std::move(take);
  if (!zip) co_return aws::fail(std::move(zip.error()));
  auto accept = service.code.accept(std::move(*zip), /*dry_run=*/false);
  auto stored = co_await std::move(accept);
  if (!stored) co_return aws::fail(std::move(stored.error()));
  FunctionRecord record{.latest = std::move(*decided), .tags = input.tags.value_or(Tags{})};
  record.latest.code = std::move(*stored);
  record.code_signing_config = input.code_signing_config_arn.value_or("");
  if (auto fits = check_layer_sizes(record.latest); !fits) co_return aws::fail(fits.error());
  record.latest.redeploy(service.random.uuid());
  record.latest.last_modified = context.now;
  std::optional<std::string> publish_as;
  if (input.publish.value_or(false)) publish_as = service.random.uuid();
  auto create = service.repository.create(std::move(record), std::move(publish_as));
  const auto created = co_await std::move(create);
  if (!created) co_return aws::fail(created.error());
  service.activator.activate(ref->key);
  if (created->version) co_return to_configuration(*created->version, Arn::kQualified);
  co_return to_configuration(created->record.latest);
}

}  // namespace

const aws::Operation<Model, Service> kCreateFunction{authorize, handle};

}  // namespace kiln::lambda
