// SPDX-License-Identifier: Apache-2.0
#include "services/logs/store/event_page.h"

#include <iterator>
#include <utility>

namespace kiln::logs {

void EventPage::add(Position position, Item item) {
  if (!wants(position)) return;
  bytes_ += static_cast<std::int64_t>(item.event.message_bytes) + kEventOverheadBytes;
  items_.emplace(std::move(position), std::move(item));
  // One event is always kept, or a reader could not pass it.
  while (items_.size() > max_events_ || (bytes_ > kMaxPageBytes && items_.size() > 1)) {
    const auto worst = order_ == Order::kOldestFirst ? std::prev(items_.end()) : items_.begin();
    bytes_ -= static_cast<std::int64_t>(worst->second.event.message_bytes) + kEventOverheadBytes;
    bound_ = worst->first;
    items_.erase(worst);
  }
}

}  // namespace kiln::logs
