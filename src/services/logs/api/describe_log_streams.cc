// SPDX-License-Identifier: Apache-2.0
#include "gen/logs/describe_log_streams.h"

#include "services/logs/api/common.h"
#include "services/logs/api/operation_list.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace kiln::logs {

namespace {

using gen::logs::DescribeLogStreams;
using gen::logs::LogStream;
using Streams = std::vector<Named<Stream>>;

aws::Authorization authorize(const aws::RequestContext& context,
                             const DescribeLogStreams::Input& input) {
  return on_group(context, "logs:DescribeLogStreams", input.log_group_name,
                  input.log_group_identifier);
}

LogStream describe(const GroupName& group, const Named<Stream>& stream) {
  LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = stream.value.created_ms;
  out.arn = stream_arn(group, stream.name);
  out.stored_bytes = 0;  // deprecated: always zero
  if (stream.value.next_sequence == 0) return out;
  out.first_event_timestamp = stream.value.first_event_ms;
  out.last_event_timestamp = stream.value.last_event_ms;
  out.last_ingestion_time = stream.value.last_ingestion_ms;
  out.upload_sequence_token = sequence_token(stream.value.next_sequence);
  return out;
}

// Place of a stream in the order of last events.
using TimeKey = std::pair<std::int64_t, std::string>;

TimeKey time_key(const Named<Stream>& stream) {
  return {stream.value.next_sequence == 0 ? 0 : stream.value.last_event_ms, stream.name};
}

std::string time_token(const TimeKey& key) {
  return name_token(std::to_string(key.first) + " " + key.second);
}

aws::ApiResult<std::optional<TimeKey>> time_of_token(const std::optional<std::string>& token) {
  auto text = name_of_token(token);
  if (!text) return aws::fail(std::move(text.error()));
  if (text->empty()) return std::nullopt;
  const std::size_t space = text->find(' ');
  TimeKey key;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), key.first);
  if (space == std::string::npos || parsed.ptr != text->data() + space) {
    return aws::fail(invalid_token());
  }
  key.second = text->substr(space + 1);
  return key;
}

// The first `limit` streams after `after`; only these are in memory.
Task<aws::ApiResult<Streams>> first_by_time(Service& service, GroupName group, std::string group_id,
                                            std::optional<TimeKey> after, std::size_t limit,
                                            bool descending) {
  std::map<TimeKey, Named<Stream>> best;
  std::string name;
  for (;;) {
    KILN_API_TRY(
        auto page, kRoom,
        co_await service.catalog.list_streams(group, group_id, "", name, store::kMaxScanEntries));
    for (Named<Stream>& stream : page) {
      name = stream.name;
      const TimeKey key = time_key(stream);
      if (after && (descending ? key >= *after : key <= *after)) continue;
      best.emplace(key, std::move(stream));
      if (best.size() > limit) best.erase(descending ? best.begin() : std::prev(best.end()));
    }
    if (page.size() < store::kMaxScanEntries) break;
  }
  Streams out;
  for (auto& [key, stream] : best) out.push_back(std::move(stream));
  if (descending) std::ranges::reverse(out);
  co_return out;
}

// One stream more than the answer holds shows that there is a next page.
Task<aws::ApiResult<Streams>> list(Service& service, GroupName group, std::string group_id,
                                   DescribeLogStreams::Input input, std::size_t limit) {
  const bool descending = input.descending.value_or(false);
  if (input.order_by == "LastEventTime") {
    auto after = time_of_token(input.next_token);
    if (!after) co_return aws::fail(std::move(after.error()));
    auto streams = first_by_time(service, std::move(group), std::move(group_id), std::move(*after),
                                 limit + 1, descending);
    co_return co_await streams;
  }
  auto after = name_of_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  KILN_API_TRY(auto streams, kRoom,
               co_await service.catalog.list_streams(std::move(group), std::move(group_id),
                                                     input.log_stream_name_prefix.value_or(""),
                                                     std::move(*after), limit + 1, descending));
  co_return streams;
}

Task<aws::ApiResult<DescribeLogStreams::Output>> handle(Service& service,
                                                        aws::RequestContext context,
                                                        DescribeLogStreams::Input input) {
  auto group = group_of(context, input.log_group_name, input.log_group_identifier);
  if (!group) co_return aws::fail(std::move(group.error()));
  const bool by_time = input.order_by == "LastEventTime";
  if (by_time && input.log_stream_name_prefix) {
    co_return aws::fail(
        invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
  }
  co_await service.ingest.flush();
  KILN_API_TRY(const auto found, kRoom, co_await service.catalog.find_group(*group));
  if (!found) co_return aws::fail(no_such_group());
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxDescribed));
  auto streams = co_await list(service, *group, found->id, std::move(input), limit);
  if (!streams) co_return aws::fail(std::move(streams.error()));

  DescribeLogStreams::Output output;
  if (streams->size() > limit) {
    streams->resize(limit);
    const Named<Stream>& last = streams->back();
    output.next_token = by_time ? time_token(time_key(last)) : name_token(last.name);
  }
  output.log_streams.emplace();
  for (const auto& stream : *streams) output.log_streams->push_back(describe(*group, stream));
  co_return output;
}

}  // namespace

const aws::Operation<DescribeLogStreams, Service> kDescribeLogStreams{authorize, handle};

}  // namespace kiln::logs
