// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of CloudWatch Logs.
//
//   logs A R group NAME                               -> Group
//   logs A R stream GROUP_ID NAME                     -> Stream
//   logs A R chunk GROUP_ID STREAM_ID TIME SEQUENCE   -> Chunk (first event's time and sequence)
//   logs A R body GROUP_ID STREAM_ID TIME BODY PART   -> bytes of one large message
//   logs-retention A R NAME                           -> (group has a retention policy)
//   logs-garbage A R GROUP_ID STREAM_ID               -> (to erase; no stream: the whole group)

#include "services/logs/model/records.h"
#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::logs::keys {

// The values of one stream, wherever its name points by now.
struct StreamId {
  std::string account;
  std::string region;
  std::string group_id;
  std::string stream_id;
};

// Turns a key that ends with a name into the prefix of all keys whose name begins with it.
inline std::string open_end(std::string key) {
  key.pop_back();  // the terminator of the string element
  return key;
}

inline std::string group(const GroupName& g) {
  return store::key("logs", g.account, g.region, "group", g.name);
}
inline std::string stream(const GroupName& g, std::string_view group_id, std::string_view name) {
  return store::key("logs", g.account, g.region, "stream", group_id, name);
}
inline std::string streams(std::string_view account, std::string_view region,
                           std::string_view group_id) {
  return store::key("logs", account, region, "stream", group_id);
}
inline std::string chunks(const StreamId& s) {
  return store::key("logs", s.account, s.region, "chunk", s.group_id, s.stream_id);
}
inline std::string chunk(const StreamId& s, std::int64_t time_ms, std::int64_t sequence) {
  return store::key("logs", s.account, s.region, "chunk", s.group_id, s.stream_id, time_ms,
                    sequence);
}
inline std::string bodies(const StreamId& s) {
  return store::key("logs", s.account, s.region, "body", s.group_id, s.stream_id);
}
inline std::string bodies_from(const StreamId& s, std::int64_t time_ms) {
  return store::key("logs", s.account, s.region, "body", s.group_id, s.stream_id, time_ms);
}
inline std::string body(const StreamId& s, std::int64_t time_ms, std::string_view body_id) {
  return store::key("logs", s.account, s.region, "body", s.group_id, s.stream_id, time_ms, body_id);
}
inline std::string body_part(const StreamId& s, std::int64_t time_ms, std::string_view body_id,
                             std::int64_t part) {
  return store::key("logs", s.account, s.region, "body", s.group_id, s.stream_id, time_ms, body_id,
                    part);
}
// Everything of one kind ("chunk", "body", "stream") of a group.
inline std::string of_group(std::string_view account, std::string_view region,
                            std::string_view kind, std::string_view group_id) {
  return store::key("logs", account, region, kind, group_id);
}
inline std::string retention_index() { return store::key("logs-retention"); }
inline std::string retention(const GroupName& g) {
  return store::key("logs-retention", g.account, g.region, g.name);
}
inline std::string garbage_index() { return store::key("logs-garbage"); }
inline std::string garbage(std::string_view account, std::string_view region,
                           std::string_view group_id, std::string_view stream_id) {
  return store::key("logs-garbage", account, region, group_id, stream_id);
}

}  // namespace kiln::logs::keys
