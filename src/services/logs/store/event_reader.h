// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventReader reads pages of events: of one stream in either direction (GetLogEvents), or of many
// streams merged by time and filtered (FilterLogEvents).
//
// Memory of a call is a page (1 MiB of messages) and the chunks of one scan. A filter that selects
// little stops after kMaxSearchedBytes with what it has and says where to go on.
// Threads: one loop. Errors: those of store::Store.

#include "async/task.h"
#include "base/result.h"
#include "services/logs/model/filter_pattern.h"
#include "services/logs/store/event_page.h"
#include "services/logs/store/keys.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::logs {

inline constexpr std::size_t kMaxSearchedBytes = 16 * 1024 * 1024;

// Between the events of a stream: those with (time, sequence) below it come before it.
struct StreamPosition {
  std::int64_t time_ms = 0;
  std::int64_t sequence = 0;
  auto operator<=>(const StreamPosition&) const = default;
};

struct StreamQuery {
  keys::StreamId stream;
  std::int64_t begin_ms = 0;  // inclusive
  std::int64_t end_ms = 0;    // exclusive
  EventPage::Order order = EventPage::Order::kNewestFirst;
  // Read on from here, in `order`.
  std::optional<StreamPosition> from;
  std::size_t max_events = kMaxPageEvents;
};

struct SearchedStream {
  std::string name;
  keys::StreamId id;
  std::int64_t first_event_ms = 0;
};

struct SearchQuery {
  std::vector<SearchedStream> streams;
  std::int64_t begin_ms = 0;      // inclusive
  std::int64_t end_ms = 0;        // exclusive
  std::optional<Position> after;  // exclusive
  FilterPattern pattern;
  std::size_t max_events = kMaxPageEvents;
};

struct FoundEvent {
  std::string stream;
  std::string stream_id;
  Event event;
};

struct SearchPage {
  std::vector<FoundEvent> events;  // by time
  std::optional<Position> next;    // pass as `after`; absent at the end
};

class EventReader {
 public:
  // `store` outlives the reader.
  explicit EventReader(store::Store& store) : store_(store) {}

  // Ascending whatever the order.
  Task<Result<std::vector<Event>>> read(StreamQuery query);
  Task<Result<SearchPage>> search(SearchQuery query);

 private:
  struct Cursor;
  struct Search;
  // The next chunks of the cursor; empty at its end.
  Task<Result<std::vector<Chunk>>> next_chunks(Cursor& cursor);
  Task<Status> search_chunk(Search& search, const SearchedStream& stream, Chunk& chunk);
  Task<Result<std::string>> read_body(keys::StreamId stream, ChunkEvent event);
  Task<Result<Event>> complete(keys::StreamId stream, EventPage::Item item);

  store::Store& store_;
};

}  // namespace kiln::logs
