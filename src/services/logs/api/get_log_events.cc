// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/get_log_events.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

using gen::logs::GetLogEvents;
using gen::logs::OutputLogEvent;

enum class Way : std::uint8_t { kForward, kBackward };

struct Token {
  Way way = Way::kForward;
  StreamPosition at;
};

aws::Authorization authorize(const aws::RequestContext& context, const GetLogEvents::Input& input) {
  return on_stream(context, "logs:GetLogEvents", input.log_group_name, input.log_stream_name,
                   input.log_group_identifier);
}

// "f/", 56 digits and "/s", as AWS has them; here 20 digits of the time and 36 of the sequence.
constexpr std::size_t kTimeDigits = 20, kSequenceDigits = 36;

std::string token_text(Way way, const StreamPosition& at) {
  return (way == Way::kForward ? "f/" : "b/") + digits(at.time_ms, kTimeDigits) +
         digits(at.sequence, kSequenceDigits) + "/s";
}

std::optional<Token> parse_token(std::string_view text) {
  if (text.size() != kTimeDigits + kSequenceDigits + 4 || !text.ends_with("/s")) {
    return std::nullopt;
  }
  if (!text.starts_with("f/") && !text.starts_with("b/")) return std::nullopt;
  const auto time = parse_digits(text.substr(2, kTimeDigits));
  const auto sequence = parse_digits(text.substr(2 + kTimeDigits, kSequenceDigits));
  if (!time || !sequence) return std::nullopt;
  return Token{text.starts_with("f/") ? Way::kForward : Way::kBackward, {*time, *sequence}};
}

// `empty_at`: where both tokens stand when there are no events, so that a reader who passed a token
// gets the same one back at an end.
GetLogEvents::Output answer(std::vector<Event> events, StreamPosition empty_at) {
  StreamPosition first = empty_at, last = empty_at;
  if (!events.empty()) {
    first = {events.front().time_ms, events.front().sequence};
    last = {events.back().time_ms, events.back().sequence + 1};
  }
  GetLogEvents::Output out;
  out.events.emplace();
  for (Event& event : events) {
    OutputLogEvent& e = out.events->emplace_back();
    e.timestamp = event.time_ms;
    e.message = std::move(event.message);
    e.ingestion_time = event.ingestion_ms;
  }
  out.next_forward_token = token_text(Way::kForward, last);
  out.next_backward_token = token_text(Way::kBackward, first);
  return out;
}

Task<aws::ApiResult<GetLogEvents::Output>> handle(Service& service, aws::RequestContext context,
                                                  GetLogEvents::Input input) {
  auto group = group_of(context, input.log_group_name, input.log_group_identifier);
  if (!group) co_return aws::fail(std::move(group.error()));
  std::optional<Token> token;
  if (input.next_token) {
    token = parse_token(*input.next_token);
    if (!token) co_return aws::fail(invalid_token());
  }
  co_await service.ingest.flush();
  KILN_API_TRY(const auto found, kRoom, co_await service.catalog.find_group(*group));
  if (!found) co_return aws::fail(no_such_group());
  KILN_API_TRY(const auto stream, kRoom,
               co_await service.catalog.find_stream(*group, found->id, *input.log_stream_name));
  if (!stream) co_return aws::fail(no_such_stream());

  StreamQuery query;
  query.stream = {group->account, group->region, found->id, stream->id};
  query.begin_ms = begin_of_range(input.start_time, found->expiry_ms(service.clock.wall().ms));
  query.end_ms = std::min(input.end_time.value_or(kEndOfTimeMs), kEndOfTimeMs);
  query.max_events = static_cast<std::size_t>(input.limit.value_or(kMaxPageEvents));
  const bool forward = token ? token->way == Way::kForward : input.start_from_head.value_or(false);
  query.order = forward ? EventPage::Order::kOldestFirst : EventPage::Order::kNewestFirst;
  if (token) query.from = token->at;
  // Without a token and events, both tokens stand before whatever is yet to come.
  const StreamPosition empty_at = token ? token->at : StreamPosition{query.begin_ms, 0};
  KILN_API_TRY(auto events, kRoom, co_await service.reader.read(std::move(query)));
  co_return answer(std::move(events), empty_at);
}

}  // namespace

const aws::Operation<GetLogEvents, Service> kGetLogEvents{authorize, handle};

}  // namespace kiln::logs
