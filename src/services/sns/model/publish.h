// SPDX-License-Identifier: Apache-2.0
#pragma once
// What may be published: the checks of Publish and PublishBatch. Pure.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

#include "aws/api_error.h"
#include "gen/sns/types.h"
#include "services/sns/model/records.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kiln::sns {

inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;

using WireAttributes = std::optional<std::map<std::string, gen::sns::MessageAttributeValue>>;

// A message as a request has it.
struct Draft {
  std::optional<std::string> text;
  std::optional<std::string> subject;
  std::optional<std::string> structure;
  WireAttributes attributes;
  std::optional<std::string> group_id;
  std::optional<std::string> deduplication_id;
};

// What counts for the limit: text and attributes.
std::size_t size_of(const Draft& draft);
// The message without id and time.
aws::ApiResult<Message> check_message(const TopicName& name, const Topic& topic, Draft draft);

}  // namespace kiln::sns
