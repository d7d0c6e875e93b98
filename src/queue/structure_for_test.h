// SPDX-License-Identifier: Apache-2.0
#pragma once
// What holds in the store after every commit of a queue: every record has its due entry and body,
// every due entry and body its record, and the counts in them are right.

#include "queue/records.h"
#include "store/store.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kiln::queue {

// The records of one queue, by kind.
struct Records {
  std::map<std::string, IndexRecord> due;  // by the whole key
  std::map<std::string, ItemRecord> items;
  std::map<std::string, GroupRecord> groups;
  std::map<std::string, std::vector<ItemRecord>> lines;
  std::set<std::string> bodies;

  // From all entries of the queue.
  static Records of(const QueueId& queue, const std::vector<store::Entry>& entries) {
    Records out;
    for (const store::Entry& entry : entries) {
      store::KeyReader key(std::string_view(entry.key).substr(queue.size()));
      key.next_string().value();
      const std::string kind = *key.next_string();
      if (kind == "due") {
        out.due[entry.key] = *decode_index(entry.value);
        continue;
      }
      const std::string name = *key.next_string();
      if (kind == "item") out.items[name] = *decode_item(entry.value);
      if (kind == "group") out.groups[name] = *decode_group(entry.value);
      if (kind == "line") out.lines[name].push_back(*decode_item(entry.value));
      if (kind == "body") out.bodies.insert(name);
    }
    return out;
  }

  std::int64_t count() const {
    std::size_t out = items.size();
    for (const auto& [group, line] : lines) out += line.size();
    return static_cast<std::int64_t>(out);
  }

  // What is wrong; empty: nothing. Clocks of writers were at most `skew_ms` away from `now_ms`.
  std::string failure(const QueueId& queue, std::int64_t now_ms, std::int64_t skew_ms) const {
    if (due.size() != items.size() + groups.size()) return "due entries without a record";
    if (groups.size() != lines.size()) return "a group without line, or a line without group";
    std::set<std::string> left = bodies;
    for (const auto& [id, record] : items) {
      const auto entry = due.find(keys::due(queue, record.due, keys::Kind::kItem, id));
      if (entry == due.end()) return "an item without due entry";
      const IndexRecord& index = entry->second;
      if (index.queued != 1 || index.leased != (record.lease.empty() ? 0 : 1)) {
        return "an item is miscounted";
      }
      if (record.body_parts > 0 && left.erase(id) == 0) return "an item without body";
    }
    for (const auto& [name, line] : lines) {
      if (const std::string wrong = failure_of_group(queue, name, now_ms + skew_ms);
          !wrong.empty()) {
        return wrong + ": " + name;
      }
      for (const ItemRecord& record : line) {
        if (record.body_parts > 0 && left.erase(record.id) == 0)
          return "an item of a line without body";
      }
    }
    return left.empty() ? "" : "a body without item";
  }

 private:
  std::string failure_of_group(const QueueId& queue, const std::string& name,
                               std::int64_t latest_now_ms) const {
    const auto group = groups.find(name);
    if (group == groups.end()) return "a line without group";
    const auto entry = due.find(keys::due(queue, group->second.due, keys::Kind::kGroup, name));
    if (entry == due.end()) return "a group without due entry";
    const std::vector<ItemRecord>& line = lines.at(name);
    std::int64_t last_due = line.front().due;
    std::int64_t leased = 0;
    std::int64_t surely_leased = 0;
    for (const ItemRecord& record : line) {
      if (record.lease.empty()) continue;
      last_due = std::max(last_due, record.due);
      ++leased;
      if (record.due > latest_now_ms) ++surely_leased;
    }
    if (group->second.due != last_due) return "a group is due too early or too late";
    for (const IndexRecord& index : {group->second.index, entry->second}) {
      if (index.queued != static_cast<std::int64_t>(line.size()) || index.leased > leased ||
          index.leased < surely_leased) {
        return "a line is miscounted";
      }
    }
    return "";
  }
};

}  // namespace kiln::queue
