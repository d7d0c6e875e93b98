// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/filter_log_events.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/model/codec.h"
#include "services/logs/model/filter_pattern.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

using gen::logs::FilteredLogEvent;
using gen::logs::FilterLogEvents;

aws::Authorization authorize(const aws::RequestContext& context,
                             const FilterLogEvents::Input& input) {
  return on_group(context, "logs:FilterLogEvents", input.log_group_name,
                  input.log_group_identifier);
}

std::string token_text(const Position& at) {
  Encoder out;
  out.integer(at.time_ms).integer(at.sequence).text(at.stream);
  return name_token(out.bytes());
}

aws::ApiResult<std::optional<Position>> parse_token(const std::optional<std::string>& token) {
  auto text = name_of_token(token);
  if (!text) return aws::fail(std::move(text.error()));
  if (text->empty()) return std::nullopt;
  Decoder in(*text);
  Position out;
  out.time_ms = in.integer();
  out.sequence = in.integer();
  out.stream = in.text();
  if (!in.ok() || out.time_ms < 0 || out.time_ms > kEndOfTimeMs) return aws::fail(invalid_token());
  return out;
}

// Unique in the group and ordered by time: 14 digits of the time, 20 of the stream, 22 of the
// sequence.
std::string event_id(const FoundEvent& found) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : found.stream_id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  return digits(found.event.time_ms, 14) + digits(static_cast<std::int64_t>(hash >> 1), 20) +
         digits(found.event.sequence, 22);
}

// The streams of one group that may hold events of the query's time range.
struct StreamFinder {
  Service& service;
  GroupName group;
  std::string group_id;
  SearchQuery& query;

  void add(const std::string& name, const Stream& stream) {
    if (stream.next_sequence == 0 || stream.last_event_ms < query.begin_ms) return;
    if (stream.first_event_ms >= query.end_ms) return;
    query.streams.push_back(
        {name, {group.account, group.region, group_id, stream.id}, stream.first_event_ms});
  }

  Task<aws::ApiResult<bool>> by_name(std::vector<std::string> names) {
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    for (const std::string& name : names) {
      KILN_API_TRY(const auto stream, kRoom,
                   co_await service.catalog.find_stream(group, group_id, name));
      if (!stream) co_return aws::fail(no_such_stream());
      add(name, *stream);
    }
    co_return true;
  }

  Task<aws::ApiResult<bool>> by_prefix(std::string prefix) {
    std::string after;
    for (;;) {
      KILN_API_TRY(const auto page, kRoom,
                   co_await service.catalog.list_streams(group, group_id, prefix, after,
                                                         store::kMaxScanEntries));
      for (const auto& stream : page) add(stream.name, stream.value);
      if (page.size() < store::kMaxScanEntries) co_return true;
      after = page.back().name;
    }
  }
};

FilterLogEvents::Output answer(SearchPage page) {
  FilterLogEvents::Output out;
  out.events.emplace();
  out.searched_log_streams.emplace();  // AWS answers an empty list since 2019
  for (FoundEvent& found : page.events) {
    FilteredLogEvent& e = out.events->emplace_back();
    e.event_id = event_id(found);
    e.log_stream_name = std::move(found.stream);
    e.timestamp = found.event.time_ms;
    e.message = std::move(found.event.message);
    e.ingestion_time = found.event.ingestion_ms;
  }
  if (page.next) out.next_token = token_text(*page.next);
  return out;
}

Task<aws::ApiResult<FilterLogEvents::Output>> handle(Service& service, aws::RequestContext context,
                                                     FilterLogEvents::Input input) {
  auto group = group_of(context, input.log_group_name, input.log_group_identifier);
  if (!group) co_return aws::fail(std::move(group.error()));
  if (input.log_stream_names && input.log_stream_name_prefix) {
    co_return aws::fail(invalid_parameter(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
  }
  auto pattern = FilterPattern::parse(input.filter_pattern.value_or(""));
  if (!pattern) co_return aws::fail(invalid_parameter(std::move(pattern.error())));
  auto after = parse_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));

  co_await service.ingest.flush();
  KILN_API_TRY(const auto found, kRoom, co_await service.catalog.find_group(*group));
  if (!found) co_return aws::fail(no_such_group());
  SearchQuery query;
  query.begin_ms = begin_of_range(input.start_time, found->expiry_ms(service.clock.wall().ms));
  // endTime itself belongs to the range.
  query.end_ms = std::min(input.end_time.value_or(kEndOfTimeMs), kEndOfTimeMs - 1) + 1;
  query.after = std::move(*after);
  query.pattern = std::move(*pattern);
  query.max_events = static_cast<std::size_t>(input.limit.value_or(kMaxPageEvents));

  StreamFinder finder{service, *group, found->id, query};
  auto finding = input.log_stream_names
                     ? finder.by_name(*input.log_stream_names)
                     : finder.by_prefix(input.log_stream_name_prefix.value_or(""));
  auto listed = co_await finding;
  if (!listed) co_return aws::fail(std::move(listed.error()));
  KILN_API_TRY(auto page, kRoom, co_await service.reader.search(std::move(query)));
  co_return answer(std::move(page));
}

}  // namespace

const aws::Operation<FilterLogEvents, Service> kFilterLogEvents{authorize, handle};

}  // namespace kiln::logs
