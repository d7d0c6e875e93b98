// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/create_log_stream.h"

#include "gen/logs/errors.h"
#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

namespace {

using gen::logs::CreateLogStream;

aws::Authorization authorize(const aws::RequestContext& context,
                             const CreateLogStream::Input& input) {
  return on_stream(context, "logs:CreateLogStream", input.log_group_name, input.log_stream_name);
}

Task<aws::ApiResult<CreateLogStream::Output>> handle(Service& service, aws::RequestContext context,
                                                     CreateLogStream::Input input) {
  auto group = group_of(context, input.log_group_name);
  KILN_API_TRY(const Made made, kRoom,
               co_await service.catalog.create_stream(std::move(group), *input.log_stream_name));
  if (made == Made::kNoGroup) co_return aws::fail(no_such_group());
  if (made == Made::kExists) {
    co_return aws::fail(
        gen::logs::resource_already_exists_exception("The specified log stream already exists"));
  }
  co_return CreateLogStream::Output{};
}

}  // namespace

const aws::Operation<CreateLogStream, Service> kCreateLogStream{authorize, handle};

}  // namespace kiln::logs
