// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/delete_log_stream.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

namespace kiln::logs {

namespace {

using gen::logs::DeleteLogStream;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DeleteLogStream::Input& input) {
  return on_stream(context, "logs:DeleteLogStream", input.log_group_name, input.log_stream_name);
}

Task<aws::ApiResult<DeleteLogStream::Output>> handle(Service& service, aws::RequestContext context,
                                                     DeleteLogStream::Input input) {
  auto group = group_of(context, input.log_group_name);
  KILN_API_TRY(const Removed removed, kRoom,
               co_await service.catalog.delete_stream(std::move(group), *input.log_stream_name));
  if (removed == Removed::kNoGroup) co_return aws::fail(no_such_group());
  if (removed == Removed::kNoStream) co_return aws::fail(no_such_stream());
  service.retention.collect_soon();
  co_return DeleteLogStream::Output{};
}

}  // namespace

const aws::Operation<DeleteLogStream, Service> kDeleteLogStream{authorize, handle};

}  // namespace kiln::logs
