// SPDX-License-Identifier: Apache-2.0
#pragma once
// LruCache: a bounded map that forgets what was not asked for longest. One thread.

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln::iam {

template <class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  // Null when absent; valid until the next call.
  const Value* find(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }
  void put(std::string key, Value value) {
    if (const auto found = entries_.find(key); found != entries_.end()) {
      found->second->second = std::move(value);
      return;
    }
    if (order_.size() >= capacity_ && !order_.empty()) {
      entries_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(std::move(key), std::move(value));
    entries_.emplace(order_.front().first, order_.begin());
  }
  void clear() {
    entries_.clear();
    order_.clear();
  }
  std::size_t size() const { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, Value>>;
  std::size_t capacity_;
  Order order_;                                                             // most recent first
  std::unordered_map<std::string_view, typename Order::iterator> entries_;  // views of the keys
};

}  // namespace kiln::iam
