// SPDX-License-Identifier: Apache-2.0
// UpdateFunctionCode: another zip for $LATEST, or with DryRun only the checks.

#include "gen/lambda/update_function_code.h"

#include "aws/operation.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/operations.h"
#include "lambda/api/package.h"
#include "lambda/model/decisions.h"
#include "lambda/model/layer.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateFunctionCode;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "UpdateFunctionCode", input.function_name);
}

struct CodeUpdate {
  const Model::Input& input;
  const Code& code;
  Timestamp now;
  std::string revision;
  std::string version_revision;
  std::optional<FunctionVersion> published;
};

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, CodeUpdate& update) {
  const Model::Input& input = update.input;
  FunctionVersion& latest = transaction.record().latest;
  if (auto good = check_updatable(latest, input.revision_id); !good) co_return std::move(good);
  latest.code = update.code;
  if (auto fits = check_layer_sizes(latest); !fits) co_return std::move(fits);
  if (input.architectures && !input.architectures->empty()) {
    latest.architecture = input.architectures->front();
  }
  begin_update(latest, update.revision, update.now);
  if (!input.publish.value_or(false)) co_return aws::ApiResult<void>();
  auto publishing = transaction.publish(std::nullopt, update.version_revision);
  KILN_CO_TRY(update.published, co_await std::move(publishing));
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_latest_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  if (auto ok = check_code_update(input, service.settings); !ok) co_return aws::fail(ok.error());
  auto find = find_function(service, *ref);
  auto current = co_await std::move(find);
  if (!current) co_return aws::fail(std::move(current.error()));
  const auto source = check_code_source({.zip_file = input.zip_file,
                                         .s3_bucket = input.s3_bucket,
                                         .s3_key = input.s3_key,
                                         .image_uri = input.image_uri},
                                        /*updating=*/true);
  if (!source) co_return aws::fail(source.error());
  if (auto ok = check_updatable(current->latest, input.revision_id); !ok) {
    co_return aws::fail(ok.error());
  }
  auto verify = check_signature(service, current->code_signing_config);
  if (auto ok = co_await std::move(verify); !ok) co_return aws::fail(std::move(ok.error()));
  const bool dry_run = input.dry_run.value_or(false);
  auto take = take_package(service, context,
                           {.zip_file = std::move(input.zip_file),
                            .s3_bucket = std::move(input.s3_bucket),
                            .s3_key = std::move(input.s3_key),
                            .s3_object_version = std::move(input.s3_object_version)});
  auto zip = co_await std::move(take);
  if (!zip) co_return aws::fail(std::move(zip.error()));
  auto accept = service.code.accept(std::move(*zip), dry_run);
  const auto code = co_await std::move(accept);
  if (!code) co_return aws::fail(code.error());
  const std::string revision = service.random.uuid();
  if (dry_run) {
    current->latest.code = *code;
    if (auto fits = check_layer_sizes(current->latest); !fits) co_return aws::fail(fits.error());
    co_return to_configuration(current->latest);
  }
  CodeUpdate wanted{.input = input,
                    .code = *code,
                    .now = context.now,
                    .revision = revision,
                    .version_revision = service.random.uuid(),
                    .published = std::nullopt};
  auto update = service.repository.change(
      ref->key, function_not_found(*ref),
      [&wanted](FunctionTransaction& transaction) { return apply(transaction, wanted); });
  const auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(updated.error());
  service.activator.activate(ref->key);
  if (wanted.published) co_return to_configuration(*wanted.published, Arn::kQualified);
  co_return to_configuration(updated->latest);
}

}  // namespace

const aws::Operation<Model, Service> kUpdateFunctionCode{authorize, handle};

}  // namespace kiln::lambda
