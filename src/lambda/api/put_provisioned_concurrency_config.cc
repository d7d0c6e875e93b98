// SPDX-License-Identifier: Apache-2.0
// PutProvisionedConcurrencyConfig: environments of a version or alias are started before anybody
// calls.

#include "gen/lambda/put_provisioned_concurrency_config.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/provisioned.h"
#include "lambda/api/version_operations.h"
#include "lambda/model/decisions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PutProvisionedConcurrencyConfig;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PutProvisionedConcurrencyConfig", input.function_name,
                            input.qualifier.value_or(""));
}

struct Provision {
  FunctionRef ref;
  ProvisionedConfig config;
};

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
Task<Result<aws::ApiResult<void>>> check_no_snapshot(FunctionTransaction& transaction,
                                                     FunctionRef ref) {
  using Answer = aws::ApiResult<void>;
  std::string number = ref.qualifier;
  if (!is_version_number(number)) {
    auto reading = transaction.read(keys::alias(ref.key, ref.qualifier));
    KILN_CO_TRY(const auto stored, co_await std::move(reading));
    KILN_CHECK(stored.has_value());
    KILN_CO_TRY(const Alias alias, decode_alias(*stored));
    number = alias.version;
  }
  auto reading = transaction.read(keys::version(ref.key, version_number(number)));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return Answer();
  KILN_CO_TRY(const FunctionVersion version, decode_version(*stored));
  if (!version.starts_from_snapshot()) co_return Answer();
  co_return Answer(aws::fail(gen::lambda::invalid_parameter_value_exception(
      "ProvisionedConcurrency is not supported for SnapStart enabled functions.")));
}

// A version has its environments by itself or through one alias, not both.
Task<Result<aws::ApiResult<void>>> check_overlap(FunctionTransaction& transaction,
                                                 FunctionRef ref) {
  using Answer = aws::ApiResult<void>;
  const auto& provisioned = transaction.record().provisioned;
  const auto conflict = [](std::string message) {
    return Answer(aws::fail(gen::lambda::resource_conflict_exception(std::move(message))));
  };
  const bool numbered = is_version_number(ref.qualifier);
  std::optional<Alias> own;
  if (!numbered) {
    auto reading = transaction.read(keys::alias(ref.key, ref.qualifier));
    KILN_CO_TRY(const auto stored, co_await std::move(reading));
    KILN_CHECK(stored.has_value());
    KILN_CO_TRY(own, decode_alias(*stored));
  }
  for (const auto& [qualifier, config] : provisioned) {
    if (qualifier == ref.qualifier) continue;
    if (is_version_number(qualifier)) {
      if (own && own->leads_to(qualifier)) {
        co_return conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already "
            "Provisioned version");
      }
      continue;
    }
    auto reading = transaction.read(keys::alias(ref.key, qualifier));
    KILN_CO_TRY(const auto stored, co_await std::move(reading));
    if (!stored) continue;
    KILN_CO_TRY(const Alias alias, decode_alias(*stored));
    if (numbered ? alias.leads_to(ref.qualifier) : alias.leads_to(own->version)) {
      co_return conflict("Version is pointed by a Provisioned Concurrency alias");
    }
  }
  co_return Answer();
}

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction,
                                         const Provision& provision) {
  auto finding = find_provisionable(transaction, provision.ref);
  KILN_CO_TRY(auto found, co_await std::move(finding));
  if (!found) co_return std::move(found);
  auto comparing = check_no_snapshot(transaction, provision.ref);
  KILN_CO_TRY(auto plain, co_await std::move(comparing));
  if (!plain) co_return std::move(plain);
  auto checking = check_overlap(transaction, provision.ref);
  KILN_CO_TRY(auto alone, co_await std::move(checking));
  if (!alone) co_return std::move(alone);
  FunctionRecord& record = transaction.record();
  auto good = check_no_tenants(record.latest, "Provisioned Concurrency Configs");
  if (!good) co_return good;
  if (!record.scaling.empty()) {
    co_return aws::ApiResult<void>(aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Provisioned Concurrency Configs cannot be applied to a function with a scaling "
        "configuration.")));
  }
  record.provisioned[provision.ref.qualifier] = provision.config;
  co_return check_provisioned(record);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_function_ref(context, *input.function_name, *input.qualifier);
  if (!ref) co_return aws::fail(std::move(ref.error()));
  if (ref->qualifier.empty() || ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
  }
  const Provision provision{
      .ref = *ref,
      .config = {.count = *input.provisioned_concurrent_executions, .modified = context.now}};
  auto changing = service.repository.change(
      ref->key, function_not_found({.key = ref->key, .qualifier = ""}),
      [&provision](FunctionTransaction& transaction) { return apply(transaction, provision); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  Model::Output output;
  describe_provisioned(provision.config, {}, output);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutProvisionedConcurrencyConfig{authorize, handle};

}  // namespace kiln::lambda
