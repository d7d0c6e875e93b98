// SPDX-License-Identifier: Apache-2.0
// GetAccountSettings: quotas and use of this account in this region.

#include "gen/lambda/get_account_settings.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/code/zip.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetAccountSettings;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:GetAccountSettings", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto read = service.repository.usage(context.account, context.region);
  KILN_API_TRY(const Usage usage, "lambda", co_await std::move(read));
  Model::Output output;
  auto& limit = output.account_limit.emplace();
  limit.total_code_size = service.limits.code_storage_bytes;
  limit.code_size_unzipped = kMaxUnzippedBytes;
  limit.code_size_zipped = kMaxZippedBytes;
  limit.concurrent_executions = service.limits.concurrent_executions;
  limit.unreserved_concurrent_executions =
      static_cast<std::int32_t>(service.limits.concurrent_executions - usage.reserved_concurrency);
  auto& used = output.account_usage.emplace();
  used.total_code_size = usage.code_bytes;
  used.function_count = usage.function_count;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetAccountSettings{authorize, handle};

}  // namespace kiln::lambda
