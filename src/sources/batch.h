// SPDX-License-Identifier: Apache-2.0
#pragma once
// Batch is what one invocation gets: messages until the batch size or the payload limit is reached.
// Pure. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html

#include "sources/message_source.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kiln::sources {

inline constexpr std::size_t kMaxPayloadBytes = 6 * 1024 * 1024;

class Batch {
 public:
  explicit Batch(std::size_t max_messages) : max_messages_(max_messages) {}
  // False, and leaves `message` alone, when it would not fit; the first one always fits.
  bool add(ReceivedMessage& message);
  bool full() const { return messages_.size() >= max_messages_; }
  bool empty() const { return messages_.empty(); }
  std::size_t room() const { return max_messages_ - messages_.size(); }
  const std::vector<ReceivedMessage>& messages() const { return messages_; }
  // Moves the messages that `chosen` names into a batch of their own.
  Batch take_out(const std::function<bool(const ReceivedMessage&)>& chosen);
  // {"Records":[...]}
  std::string payload() const;
  std::vector<std::string> handles() const;
  // When the first of its leases ends.
  Timestamp lease_end() const;

 private:
  std::size_t max_messages_;
  std::size_t bytes_ = 0;
  std::vector<ReceivedMessage> messages_;
};

}  // namespace kiln::sources
