// SPDX-License-Identifier: Apache-2.0
#include "sources/batch.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace kiln::sources {
namespace {
constexpr std::string_view kHead = R"({"Records":[)";
constexpr std::string_view kTail = "]}";
}  // namespace

bool Batch::add(ReceivedMessage& message) {
  const std::size_t bytes = message.record.size() + 1;
  const std::size_t whole = kHead.size() + bytes_ + bytes + kTail.size();
  if (full() || (!empty() && whole > kMaxPayloadBytes)) return false;
  bytes_ += bytes;
  messages_.push_back(std::move(message));
  return true;
}

Batch Batch::take_out(const std::function<bool(const ReceivedMessage&)>& chosen) {
  Batch out(max_messages_);
  if (std::ranges::none_of(messages_, chosen)) return out;
  Batch rest(max_messages_);
  for (ReceivedMessage& message : messages_) (chosen(message) ? out : rest).add(message);
  *this = std::move(rest);
  return out;
}

std::string Batch::payload() const {
  std::string out;
  out.reserve(kHead.size() + bytes_ + kTail.size());
  out = kHead;
  for (const ReceivedMessage& message : messages_) {
    if (&message != &messages_.front()) out += ',';
    out += message.record;
  }
  out += kTail;
  return out;
}

std::vector<std::string> Batch::handles() const {
  std::vector<std::string> out;
  for (const ReceivedMessage& message : messages_) out.push_back(message.handle);
  return out;
}

Timestamp Batch::lease_end() const {
  Timestamp end = messages_.front().visible_at;
  for (const ReceivedMessage& message : messages_) end.ms = std::min(end.ms, message.visible_at.ms);
  return end;
}

}  // namespace kiln::sources
