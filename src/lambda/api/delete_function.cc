// SPDX-License-Identifier: Apache-2.0
// DeleteFunction: the function with all that belongs to it, or one version.

#include "gen/lambda/delete_function.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteFunction;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteFunction", input.function_name,
                            input.qualifier.value_or(""));
}

// One that is not there is deleted already (measured by others against AWS).
Task<Result<aws::ApiResult<void>>> erase_version(FunctionTransaction& transaction,
                                                 const std::string& number, PartRepository& parts) {
  using Answer = aws::ApiResult<void>;
  auto finding = parts.version(transaction.key(), number);
  KILN_CO_TRY(const auto version, co_await std::move(finding));
  if (!version) co_return Answer();
  auto listing = parts.aliases_of(transaction.key(), number);
  KILN_CO_TRY(const auto aliases, co_await std::move(listing));
  std::string names;
  for (const auto& name : aliases) names.append(names.empty() ? "" : ", ").append(name);
  if (!names.empty()) {
    co_return Answer(aws::fail(gen::lambda::resource_conflict_exception(
        "Unable to delete version because the following aliases reference it: [" + names + "]")));
  }
  auto& unfinished = transaction.record().unfinished_version;
  if (std::to_string(unfinished) == number) unfinished = 0;
  transaction.erase_version(*version);
  co_return Answer();
}

Task<aws::ApiResult<void>> remove_version(Service& service, FunctionRef ref) {
  if (!is_version_number(ref.qualifier)) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Deletion of aliases is not currently supported."));
  }
  const std::string& number = ref.qualifier;
  PartRepository& parts = service.parts;
  auto changing =
      service.repository.change(ref.key, function_not_found({.key = ref.key, .qualifier = ""}),
                                [&number, &parts](FunctionTransaction& transaction) {
                                  return erase_version(transaction, number, parts);
                                });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  if (ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "$LATEST version cannot be deleted without deleting the function."));
  }
  if (!ref->qualifier.empty()) {
    auto removing = remove_version(service, *ref);
    if (auto ok = co_await std::move(removing); !ok) co_return aws::fail(std::move(ok.error()));
    Model::Output output;
    output.status_code = 204;
    co_return output;
  }
  auto remove = service.repository.remove(ref->key, function_not_found(*ref));
  if (auto ok = co_await std::move(remove); !ok) co_return aws::fail(std::move(ok.error()));
  Model::Output output;
  output.status_code = 204;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kDeleteFunction{authorize, handle};

}  // namespace kiln::lambda
