// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/create_queue.h"

#include "gen/sqs/errors.h"
#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/settings.h"
#include "services/sqs/model/attributes.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::CreateQueue;

constexpr int kMaxTries = 8;

aws::Authorization authorize(const aws::RequestContext& context, const CreateQueue::Input& input) {
  auto out = on_name(context, "CreateQueue", input.queue_name);
  add_tag_keys(out, input.tags);
  return out;
}

bool has_value(const TextMap& attributes, const char* name, std::string_view value) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->second == value;
}

aws::ApiResult<void> check_name(const std::string& name, const TextMap& attributes) {
  const bool fifo = has_value(attributes, "FifoQueue", "true");
  if (fifo && (!is_queue_name(name) || !name.ends_with(".fifo"))) {
    return aws::fail(invalid_value(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length"));
  }
  if (!is_queue_name(name) || (!fifo && name.ends_with(".fifo"))) {
    return aws::fail(
        invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
                      "in length"));
  }
  return {};
}

// A queue of this name is there: the same call again is fine, another one is not.
aws::ApiResult<void> check_same(const Queue& queue, const TextMap& wanted) {
  const TextMap has = described(queue.record.attributes);
  for (const auto& [name, value] : wanted) {
    const auto found = has.find(name);
    if (found != has.end() ? found->second == value : value.empty()) continue;
    return aws::fail(gen::sqs::queue_name_exists(
        "A queue already exists with the same name and a different value for attribute " + name));
  }
  return {};
}

Task<aws::ApiResult<CreateQueue::Output>> handle(Service& service, aws::RequestContext context,
                                                 CreateQueue::Input input) {
  if (!input.queue_name || input.queue_name->empty()) {
    co_return aws::fail(missing_parameter("QueueName"));
  }
  const TextMap wanted = input.attributes.value_or(TextMap());
  if (auto named = check_name(*input.queue_name, wanted); !named) {
    co_return aws::fail(std::move(named.error()));
  }
  const QueueName name{context.account, context.region, *input.queue_name};
  auto attributes = merge_attributes(name, {}, wanted, Setting::kCreate);
  if (!attributes) co_return aws::fail(std::move(attributes.error()));
  const TextMap tags = input.tags.value_or(TextMap());
  if (auto tagged = check_tags(name, tags); !tagged) co_return aws::fail(std::move(tagged.error()));
  // Somebody may create or delete it between two steps.
  for (int tries = 0; tries < kMaxTries; ++tries) {
    auto finding = service.queues.find(name);
    KILN_API_TRY(const QueuePtr queue, kRoom, co_await finding);
    if (queue) {
      if (auto same = check_same(*queue, wanted); !same) {
        co_return aws::fail(std::move(same.error()));
      }
      co_return CreateQueue::Output{.queue_url = queue_url(context, name)};
    }
    auto checking = check_dead_letter_target(service, name, *attributes);
    if (auto checked = co_await checking; !checked) co_return aws::fail(std::move(checked.error()));
    auto creating = service.queues.create(name, *attributes, tags);
    KILN_API_TRY(const Made made, kRoom, co_await creating);
    if (made == Made::kCreated) {
      co_return CreateQueue::Output{.queue_url = queue_url(context, name)};
    }
    if (made == Made::kDeletedRecently) {
      co_return aws::fail(gen::sqs::queue_deleted_recently(
          "You must wait 60 seconds after deleting a queue before you can create another with the "
          "same name."));
    }
  }
  co_return aws::fail(aws::internal_failure(
      kRoom, Error{ErrorCode::kConflict, "CreateQueue: the queue keeps coming and going"}));
}

}  // namespace

const aws::Operation<CreateQueue, Service> kCreateQueue{authorize, handle};

}  // namespace kiln::sqs
