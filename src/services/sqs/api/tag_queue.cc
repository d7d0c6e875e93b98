// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/tag_queue.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/settings.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::TagQueue;

aws::Authorization authorize(const aws::RequestContext& context, const TagQueue::Input& input) {
  auto out = on_url(context, "TagQueue", input.queue_url);
  add_tag_keys(out, input.tags);
  return out;
}

constexpr const char* kTooMany = "too many tags";

Status add_tags(QueueRecord& record, const TextMap& tags) {
  for (const auto& [key, value] : tags) record.tags[key] = value;
  if (record.tags.size() > kMaxTags) return fail(ErrorCode::kLimitExceeded, kTooMany);
  return {};
}

Task<aws::ApiResult<TagQueue::Output>> handle(Service& service, aws::RequestContext context,
                                              TagQueue::Input input) {
  auto finding = find_own_queue(service, std::move(context), std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  if (!input.tags || input.tags->empty()) co_return aws::fail(missing_parameter("Tags"));
  if (auto checked = check_tags((*queue)->name, *input.tags); !checked) {
    co_return aws::fail(std::move(checked.error()));
  }
  auto updating = service.queues.update(
      (*queue)->name,
      [tags = std::move(*input.tags)](QueueRecord& record) { return add_tags(record, tags); });
  const auto updated = co_await updating;
  if (!updated && updated.error().code == ErrorCode::kLimitExceeded) {
    co_return aws::fail(
        invalid_value("Too many tags added for queue " + (*queue)->name.name + "."));
  }
  KILN_API_TRY(const bool exists, kRoom, updated);
  if (!exists) co_return aws::fail(no_such_queue());
  co_return TagQueue::Output{};
}

}  // namespace

const aws::Operation<TagQueue, Service> kTagQueue{authorize, handle};

}  // namespace kiln::sqs
