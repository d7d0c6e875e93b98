// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/api/settings.h"

#include "base/encoding.h"
#include "services/sqs/model/attributes.h"
#include "services/sqs/model/redrive.h"

#include <utility>

namespace kiln::sqs {
namespace {

constexpr std::size_t kMaxTagKey = 128;
constexpr std::size_t kMaxTagValue = 256;

// Answers AWS's error through `fault`, so that the record is read and checked in one step.
Status merge(const QueueName& queue, const TextMap& wanted, std::int64_t now, QueueRecord& record,
             std::optional<aws::ApiError>& fault) {
  auto merged = merge_attributes(queue, record.attributes, wanted, Setting::kChange);
  if (!merged) {
    fault = std::move(merged.error());
    return fail(ErrorCode::kInvalidArgument, "refused");
  }
  record.attributes = std::move(*merged);
  record.modified_ms = now;
  return {};
}

}  // namespace

Task<aws::ApiResult<void>> set_attributes(Service& service, QueueName queue, TextMap wanted) {
  if (const auto redrive = wanted.find("RedrivePolicy"); redrive != wanted.end()) {
    auto checking = check_dead_letter_target(service, queue, {*redrive});
    if (auto checked = co_await checking; !checked) co_return aws::fail(std::move(checked.error()));
  }
  std::optional<aws::ApiError> fault;
  const std::int64_t now = service.clock.wall().ms;
  auto updating = service.queues.update(queue, [&queue, &wanted, &fault, now](QueueRecord& record) {
    return merge(queue, wanted, now, record, fault);
  });
  const auto updated = co_await updating;
  if (fault) co_return aws::fail(std::move(*fault));
  KILN_API_TRY(const bool exists, kRoom, updated);
  if (!exists) co_return aws::fail(no_such_queue());
  co_return {};
}

// Nothing is said of attributes that merge_attributes() refuses.
Task<aws::ApiResult<void>> check_dead_letter_target(Service& service, QueueName queue,
                                                    TextMap attributes) {
  const std::string& text = attributes["RedrivePolicy"];
  const auto policy = parse_redrive_policy(text);
  if (!policy) co_return {};
  auto finding = service.queues.find(*parse_queue_arn(policy->dead_letter_arn));
  KILN_API_TRY(const QueuePtr target, kRoom, co_await finding);
  if (!target) {
    co_return aws::fail(
        invalid_parameter(text, "RedrivePolicy", "Dead letter target does not exist."));
  }
  const auto allow = target->record.attributes.find("RedriveAllowPolicy");
  if (allow != target->record.attributes.end() && !redrive_allowed(allow->second, queue.arn())) {
    co_return aws::fail(
        invalid_parameter(text, "RedrivePolicy",
                          "Queue " + queue.arn() + " is not allowed to use " + target->name.arn() +
                              " as a dead-letter queue by its RedriveAllowPolicy."));
  }
  co_return {};
}

aws::ApiResult<void> check_tags(const QueueName& queue, const TextMap& tags) {
  if (tags.size() > kMaxTags) {
    return aws::fail(invalid_value("Too many tags added for queue " + queue.name + "."));
  }
  for (const auto& [key, value] : tags) {
    if (key.empty() || utf8_length(key) > kMaxTagKey) {
      return aws::fail(invalid_value("Tag keys must be between 1 and 128 characters in length."));
    }
    if (utf8_length(value) > kMaxTagValue) {
      return aws::fail(invalid_value("Tag values must be between 0 and 256 characters in length."));
    }
    if (key.starts_with("aws:")) {
      return aws::fail(invalid_value("Tag keys must not begin with aws:."));
    }
  }
  return {};
}

void add_tag_keys(aws::Authorization& authorization, const std::optional<TextMap>& tags) {
  if (!tags) return;
  for (const auto& [name, value] : *tags) {
    authorization.condition_keys()["aws:RequestTag/" + name] = {value};
    authorization.condition_keys()["aws:TagKeys"].push_back(name);
  }
}

}  // namespace kiln::sqs
