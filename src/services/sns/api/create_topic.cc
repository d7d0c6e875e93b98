// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/create_topic.h"

#include "services/sns/api/common.h"
#include "services/sns/api/operation_list.h"
#include "services/sns/api/tagging.h"
#include "services/sns/model/topic_attributes.h"

#include <optional>
#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::CreateTopic;

aws::Authorization authorize(const aws::RequestContext& context, const CreateTopic::Input& input) {
  auto out = on("CreateTopic",
                arn_of(TopicName{context.account, context.region, input.name.value_or("")}));
  add_tag_keys(out, input.tags);
  return out;
}

// As it is, the topic must be what the request describes.
std::optional<aws::ApiError> difference(const TopicName& name, const Topic& topic,
                                        const Topic& wanted, const CreateTopic::Input& input) {
  for (const auto& [attribute, value] : input.attributes.value_or(Attributes{})) {
    if (attribute == "FifoTopic" || described(name, topic)[attribute] == value) continue;
    if (value.empty() && !topic.attributes.contains(attribute)) continue;
    return invalid_parameter("Attributes Reason: Topic already exists with different attributes");
  }
  if (input.tags && topic.tags != wanted.tags) {
    return invalid_parameter("Tags Reason: Topic already exists with different tags");
  }
  return std::nullopt;
}

Task<aws::ApiResult<CreateTopic::Output>> handle(Service& service, aws::RequestContext context,
                                                 CreateTopic::Input input) {
  const TopicName name{context.account, context.region, input.name.value_or("")};
  if (!is_topic_name(name.name)) co_return aws::fail(invalid_parameter("Topic Name"));
  if (input.data_protection_policy && !input.data_protection_policy->empty()) {
    co_return aws::fail(
        invalid_parameter("DataProtectionPolicy Reason: not implemented by this server"));
  }
  Topic wanted;
  auto set = create_attributes(name, wanted, input.attributes.value_or(Attributes{}));
  if (!set) co_return aws::fail(std::move(set.error()));
  if (auto tagged = add_tags(wanted.tags, input.tags); !tagged) {
    co_return aws::fail(std::move(tagged.error()));
  }
  auto ensuring = service.catalog.ensure_topic(name, wanted);
  KILN_API_TRY(const Topic topic, kRoom, co_await ensuring);
  if (auto differs = difference(name, topic, wanted, input))
    co_return aws::fail(std::move(*differs));
  co_return CreateTopic::Output{.topic_arn = arn_of(name)};
}

}  // namespace

const aws::Operation<CreateTopic, Service> kCreateTopic{authorize, handle};

}  // namespace kiln::sns
