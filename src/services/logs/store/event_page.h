// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventPage gathers the first events of a range, offered in any order, within AWS's page limits.
//
// It keeps no more than a page in memory: what cannot be on the page is refused, and once something
// was refused or pushed out nothing after it is taken, so a page never has holes.

#include "services/logs/model/chunk.h"
#include "services/logs/model/records.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace kiln::logs {

// Where an event stands among all events of a group.
struct Position {
  std::int64_t time_ms = 0;
  std::string stream;
  std::int64_t sequence = 0;
  auto operator<=>(const Position&) const = default;
};

class EventPage {
 public:
  struct Item {
    ChunkEvent event;
    std::int64_t ingestion_ms = 0;
  };
  enum class Order : std::uint8_t { kOldestFirst, kNewestFirst };

  EventPage(Order order, std::size_t max_events) : order_(order), max_events_(max_events) {}

  // False: an event there would be refused.
  bool wants(const Position& position) const { return !bound_ || before(position, *bound_); }
  // False: no event at `time_ms` or after it, in this page's order, would be taken.
  bool wants_from(std::int64_t time_ms) const {
    if (!bound_) return true;
    return order_ == Order::kOldestFirst ? time_ms <= bound_->time_ms : time_ms >= bound_->time_ms;
  }
  void add(Position position, Item item);
  // There were more events than the page holds.
  bool truncated() const { return bound_.has_value(); }
  // Ascending, whatever the order.
  std::map<Position, Item>& items() { return items_; }

 private:
  bool before(const Position& a, const Position& b) const {
    return order_ == Order::kOldestFirst ? a < b : b < a;
  }
  Order order_;
  std::size_t max_events_;
  std::map<Position, Item> items_;
  std::int64_t bytes_ = 0;
  // The best event that has no place.
  std::optional<Position> bound_;
};

}  // namespace kiln::logs
