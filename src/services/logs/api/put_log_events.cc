// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/put_log_events.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

using gen::logs::InputLogEvent;
using gen::logs::PutLogEvents;
using gen::logs::RejectedLogEventsInfo;

constexpr std::int64_t kTooNewMs = 2 * 3'600'000;
constexpr std::int64_t kTooOldMs = 14 * kDayMs;

aws::Authorization authorize(const aws::RequestContext& context, const PutLogEvents::Input& input) {
  return on_stream(context, "logs:PutLogEvents", input.log_group_name, input.log_stream_name);
}

std::optional<aws::ApiError> refuse(const std::vector<InputLogEvent>& events) {
  std::int64_t bytes = 0, last = 0;
  bool ordered = true;
  for (const InputLogEvent& event : events) {
    bytes += static_cast<std::int64_t>(event.message->size()) + kEventOverheadBytes;
    ordered = ordered && *event.timestamp >= last;
    last = *event.timestamp;
  }
  if (bytes > kMaxBatchBytes) {
    return invalid_parameter("Upload too large: " + std::to_string(bytes) +
                             " bytes exceeds limit of " + std::to_string(kMaxBatchBytes));
  }
  if (!ordered) {
    return invalid_parameter(
        "Log events in a single PutLogEvents request must be in chronological order.");
  }
  return std::nullopt;
}

// The events that are kept: events[first, last).
struct Kept {
  std::size_t first = 0;
  std::size_t last = 0;
  std::optional<RejectedLogEventsInfo> rejected;
};

Kept select(const std::vector<InputLogEvent>& events, std::int64_t now, std::int64_t expiry) {
  const auto index_of = [&](std::int64_t time) {
    const auto at = std::ranges::lower_bound(events, time, {},
                                             [](const InputLogEvent& e) { return *e.timestamp; });
    return static_cast<std::size_t>(at - events.begin());
  };
  const std::size_t too_old = index_of(now - kTooOldMs);
  const std::size_t expired = index_of(expiry);
  const std::size_t too_new = index_of(now + kTooNewMs + 1);
  Kept out{.first = std::max(too_old, expired), .last = too_new, .rejected = {}};
  if (out.first == 0 && out.last == events.size()) return out;
  out.rejected.emplace();
  if (too_old > 0) out.rejected->too_old_log_event_end_index = static_cast<std::int32_t>(too_old);
  if (expired > 0) out.rejected->expired_log_event_end_index = static_cast<std::int32_t>(expired);
  if (too_new < events.size()) {
    out.rejected->too_new_log_event_start_index = static_cast<std::int32_t>(too_new);
  }
  return out;
}

Task<aws::ApiResult<PutLogEvents::Output>> handle(Service& service, aws::RequestContext context,
                                                  PutLogEvents::Input input) {
  std::vector<InputLogEvent>& events = *input.log_events;
  if (auto refused = refuse(events)) co_return aws::fail(std::move(*refused));
  const auto name = group_of(context, input.log_group_name);
  KILN_API_TRY(const auto group, kRoom, co_await service.catalog.find_group(name));
  if (!group) co_return aws::fail(no_such_group());
  KILN_API_TRY(const auto stream, kRoom,
               co_await service.catalog.find_stream(name, group->id, *input.log_stream_name));
  if (!stream) co_return aws::fail(no_such_stream());

  const std::int64_t now = service.clock.wall().ms;
  const Kept kept = select(events, now, group->expiry_ms(now));
  PutLogEvents::Output output;
  output.rejected_log_events_info = kept.rejected;
  output.next_sequence_token = sequence_token(stream->next_sequence);
  if (kept.first >= kept.last) co_return output;
  if (*events[kept.last - 1].timestamp - *events[kept.first].timestamp > kDayMs) {
    co_return aws::fail(invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 "
        "hours."));
  }
  std::vector<InputEvent> accepted;
  for (std::size_t i = kept.first; i < kept.last; ++i) {
    accepted.push_back({*events[i].timestamp, std::move(*events[i].message)});
  }
  const auto count = static_cast<std::int64_t>(accepted.size());
  KILN_API_TRY(const Written written, kRoom,
               co_await service.writer.write(name, *input.log_stream_name, std::move(accepted),
                                             store::Durability::kOnDisk, Missing::kRefuse));
  if (written == Written::kNoGroup) co_return aws::fail(no_such_group());
  if (written == Written::kNoStream) co_return aws::fail(no_such_stream());
  output.next_sequence_token = sequence_token(stream->next_sequence + count);
  co_return output;
}

}  // namespace

const aws::Operation<PutLogEvents, Service> kPutLogEvents{authorize, handle};

}  // namespace kiln::logs
