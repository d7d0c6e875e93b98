// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/create_log_group.h"

#include "gen/logs/errors.h"
#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

namespace {

using gen::logs::CreateLogGroup;

aws::Authorization authorize(const aws::RequestContext& context,
                             const CreateLogGroup::Input& input) {
  auto out = on_group(context, "logs:CreateLogGroup", input.log_group_name);
  out.condition_keys() = on_tagged(context, "", "", input.tags).condition_keys();
  return out;
}

Task<aws::ApiResult<CreateLogGroup::Output>> handle(Service& service, aws::RequestContext context,
                                                    CreateLogGroup::Input input) {
  std::string start = input.log_group_name->substr(0, 4);
  for (char& c : start) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (start == "aws/") {
    co_return aws::fail(invalid_parameter("Log groups starting with AWS/ are reserved for AWS."));
  }
  Group group;
  group.tags = input.tags.value_or(Tags{});
  group.kms_key_id = input.kms_key_id.value_or("");
  group.log_class = input.log_group_class.value_or("STANDARD");
  group.deletion_protection = input.deletion_protection_enabled.value_or(false);
  auto name = group_of(context, input.log_group_name);
  KILN_API_TRY(const Made made, kRoom,
               co_await service.catalog.create_group(std::move(name), std::move(group)));
  if (made == Made::kExists) {
    co_return aws::fail(
        gen::logs::resource_already_exists_exception("The specified log group already exists"));
  }
  co_return CreateLogGroup::Output{};
}

}  // namespace

const aws::Operation<CreateLogGroup, Service> kCreateLogGroup{authorize, handle};

}  // namespace kiln::logs
