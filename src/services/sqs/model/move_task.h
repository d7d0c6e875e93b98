// SPDX-License-Identifier: Apache-2.0
#pragma once
// A task that moves the messages of a dead letter queue back, or to a queue of the caller's choice.

#include "base/result.h"
#include "services/sqs/model/queue_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sqs {

inline constexpr std::string_view kRunning = "RUNNING";
inline constexpr std::string_view kCompleted = "COMPLETED";
inline constexpr std::string_view kCancelling = "CANCELLING";
inline constexpr std::string_view kCancelled = "CANCELLED";
inline constexpr std::string_view kFailed = "FAILED";

// Which task: the queue it empties, when it began, and an id that makes it one of a kind.
struct MoveTaskKey {
  QueueName source;
  std::int64_t started_ms = 0;
  std::string id;
};
// Opaque to clients.
std::string encode_handle(const MoveTaskKey& key);
std::optional<MoveTaskKey> decode_handle(std::string_view handle);

struct MoveTask {
  std::string status{kRunning};
  std::string destination_arn;  // empty: each message to the queue that it came from
  std::int64_t per_second = 0;  // 0: as fast as it goes
  std::int64_t moved = 0;
  std::int64_t to_move = -1;  // when it began; -1: not known exactly
  std::string failure;        // FAILED
  bool active() const { return status == kRunning || status == kCancelling; }
};
std::string encode(const MoveTask& task);
Result<MoveTask> decode_move_task(std::string_view bytes);

}  // namespace kiln::sqs
