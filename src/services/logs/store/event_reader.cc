// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/event_reader.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

namespace kiln::logs {

namespace {
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t kScanAtFirst = 16;
constexpr std::size_t kScanBytes = 512 * 1024;
}  // namespace

// Walks the chunks of one stream.
struct EventReader::Cursor {
  store::Range range;
  bool done = false;
  std::int64_t begin_ms = 0;
  std::size_t bytes_read = 0;  // of chunks that reach begin_ms

  Cursor(const keys::StreamId& stream, std::int64_t begin_ms, std::int64_t end_ms, bool reverse) {
    range.begin = keys::chunk(stream, span_start(begin_ms), kFirst);
    range.end = keys::chunk(stream, end_ms, kFirst);
    range.reverse = reverse;
    range.limit = kScanAtFirst;
    this->begin_ms = begin_ms;
    done = begin_ms >= end_ms;
  }
};

Task<Result<std::vector<Chunk>>> EventReader::next_chunks(Cursor& cursor) {
  std::vector<Chunk> out;
  if (cursor.done) co_return out;
  KILN_CO_TRY(const auto entries, co_await store_.scan(cursor.range));
  std::size_t bytes = 0;
  for (const auto& entry : entries) {
    bytes += entry.value.size();
    KILN_CO_TRY(auto chunk, decode_chunk(entry.value));
    // What only led to begin_ms does not count, or a search of a busy span would hardly get on.
    if (chunk.last_ms() >= cursor.begin_ms) cursor.bytes_read += entry.value.size();
    out.push_back(std::move(chunk));
  }
  if (entries.size() < cursor.range.limit) {
    cursor.done = true;
  } else if (cursor.range.reverse) {
    cursor.range.end = entries.back().key;
  } else {
    cursor.range.begin = entries.back().key + '\0';
  }
  // Chunks of quiet streams are small; read as many as fit the memory of one scan.
  if (!entries.empty()) {
    const std::size_t average = std::max<std::size_t>(bytes / entries.size(), 64);
    cursor.range.limit = std::clamp(kScanBytes / average, std::size_t{8}, cursor.range.limit * 4);
    cursor.range.limit = std::min(cursor.range.limit, store::kMaxScanEntries);
  }
  co_return out;
}

Task<Result<std::vector<Event>>> EventReader::read(StreamQuery query) {
  const bool reverse = query.order == EventPage::Order::kNewestFirst;
  std::int64_t begin = query.begin_ms, end = query.end_ms;
  if (query.from && !reverse) begin = std::max(begin, query.from->time_ms);
  if (query.from && reverse) end = std::min(end, query.from->time_ms + 1);
  EventPage page(query.order, query.max_events);
  Cursor cursor(query.stream, begin, end, reverse);
  for (bool more = true; more && !cursor.done;) {
    KILN_CO_TRY(auto chunks, co_await next_chunks(cursor));
    for (Chunk& chunk : chunks) {
      // Of the chunks of one span any may reach to the span's end.
      more = page.wants_from(reverse ? span_start(chunk.first_ms()) + kChunkSpanMs - 1
                                     : chunk.first_ms());
      if (!more) break;
      for (ChunkEvent& event : chunk.events) {
        if (event.time_ms < begin || event.time_ms >= end) continue;
        const StreamPosition at{event.time_ms, event.sequence};
        if (query.from && (reverse ? at >= *query.from : at < *query.from)) continue;
        Position position{event.time_ms, "", event.sequence};
        page.add(std::move(position), {std::move(event), chunk.ingestion_ms});
      }
    }
  }
  std::vector<Event> out;
  for (auto& [position, item] : page.items()) {
    KILN_CO_TRY(auto event, co_await complete(query.stream, std::move(item)));
    out.push_back(std::move(event));
  }
  co_return out;
}

struct EventReader::Search {
  SearchQuery query;
  EventPage page;
};

Task<Status> EventReader::search_chunk(Search& search, const SearchedStream& stream, Chunk& chunk) {
  const SearchQuery& query = search.query;
  for (ChunkEvent& event : chunk.events) {
    if (event.time_ms < query.begin_ms || event.time_ms >= query.end_ms) continue;
    Position position{event.time_ms, stream.name, event.sequence};
    if (query.after && position <= *query.after) continue;
    if (!search.page.wants(position)) continue;
    if (!event.body_id.empty() && !query.pattern.selects_all()) {
      KILN_CO_TRY(event.message, co_await read_body(stream.id, event));
      event.body_id.clear();
    }
    if (!event.body_id.empty() || query.pattern.matches(event.message)) {
      search.page.add(std::move(position), {std::move(event), chunk.ingestion_ms});
    }
  }
  co_return Status{};
}

Task<Result<SearchPage>> EventReader::search(SearchQuery input) {
  EventPage page(EventPage::Order::kOldestFirst, input.max_events);
  Search search{std::move(input), std::move(page)};
  const SearchQuery& query = search.query;
  const std::int64_t begin =
      query.after ? std::max(query.begin_ms, query.after->time_ms) : query.begin_ms;
  std::vector<Cursor> cursors;
  // (time before which the stream has nothing unread, index): always advance the oldest.
  using Frontier = std::pair<std::int64_t, std::size_t>;
  std::priority_queue<Frontier, std::vector<Frontier>, std::greater<>> frontier;
  for (std::size_t i = 0; i < query.streams.size(); ++i) {
    cursors.emplace_back(query.streams[i].id, begin, query.end_ms, false);
    if (!cursors.back().done) frontier.emplace(std::max(begin, query.streams[i].first_event_ms), i);
  }
  std::optional<std::int64_t> stopped_at;
  std::size_t searched = 0;
  while (!frontier.empty()) {
    const auto [time, index] = frontier.top();
    if (!search.page.wants_from(time)) break;
    if (searched > kMaxSearchedBytes && time > begin) {
      stopped_at = time;
      break;
    }
    frontier.pop();
    Cursor& cursor = cursors[index];
    const std::size_t before = cursor.bytes_read;
    KILN_CO_TRY(auto chunks, co_await next_chunks(cursor));
    searched += cursor.bytes_read - before;
    for (Chunk& chunk : chunks) {
      const std::int64_t first = chunk.first_ms();
      if (!search.page.wants_from(first)) break;
      KILN_CO_TRY_VOID(co_await search_chunk(search, query.streams[index], chunk));
    }
    // search_chunk() takes messages away; times stay.
    if (!cursor.done) frontier.emplace(std::max(begin, chunks.back().first_ms()), index);
  }

  SearchPage out;
  std::map<std::string_view, const keys::StreamId*> ids;
  for (const SearchedStream& stream : query.streams) ids[stream.name] = &stream.id;
  for (auto& [position, item] : search.page.items()) {
    if (stopped_at && position.time_ms >= *stopped_at) break;
    const keys::StreamId& id = *ids.at(position.stream);
    KILN_CO_TRY(auto event, co_await complete(id, std::move(item)));
    out.events.push_back({position.stream, id.stream_id, std::move(event)});
    out.next = position;
  }
  if (stopped_at) {
    out.next = Position{*stopped_at, "", kFirst};
  } else if (!search.page.truncated()) {
    out.next.reset();
  }
  co_return out;
}

Task<Result<std::string>> EventReader::read_body(keys::StreamId stream, ChunkEvent event) {
  const std::string prefix = keys::body(stream, event.time_ms, event.body_id);
  store::Range range = store::prefix_range(prefix);
  KILN_CO_TRY(const auto parts, co_await store_.scan(std::move(range)));
  std::string out;
  for (const auto& part : parts) out += part.value;
  co_return out;
}

Task<Result<Event>> EventReader::complete(keys::StreamId stream, EventPage::Item item) {
  Event out{.time_ms = item.event.time_ms,
            .sequence = item.event.sequence,
            .ingestion_ms = item.ingestion_ms,
            .message = std::move(item.event.message)};
  if (!item.event.body_id.empty()) {
    KILN_CO_TRY(out.message, co_await read_body(std::move(stream), std::move(item.event)));
  }
  co_return out;
}

}  // namespace kiln::logs
