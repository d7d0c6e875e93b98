// SPDX-License-Identifier: Apache-2.0
#pragma once
// A chunk is one stored value with consecutive events of a stream.
//
// Its events are ordered by (time, sequence) and fall into one aligned span of kChunkSpanMs, so a
// reader that begins at the start of a span misses nothing. A message over kMaxInlineBytes lives
// in values of its own and the chunk names them.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::logs {

inline constexpr std::int64_t kChunkSpanMs = 10'000;
inline constexpr std::size_t kMaxChunkBytes = 60 * 1024;
inline constexpr std::size_t kMaxInlineBytes = 32 * 1024;
inline constexpr std::size_t kBodyPartBytes = 60 * 1024;

// The beginning of the span that holds `time_ms` (not negative).
constexpr std::int64_t span_start(std::int64_t time_ms) { return time_ms - time_ms % kChunkSpanMs; }

struct ChunkEvent {
  std::int64_t time_ms = 0;
  std::int64_t sequence = 0;
  std::string message;  // empty when it is stored apart
  std::string body_id;  // names the values that hold it; empty when it is inline
  std::uint64_t message_bytes = 0;
};

struct Chunk {
  std::int64_t ingestion_ms = 0;
  std::vector<ChunkEvent> events;  // never empty

  std::int64_t first_ms() const { return events.front().time_ms; }
  std::int64_t last_ms() const { return events.back().time_ms; }
};

// Upper bound of what one event adds to an encoded chunk.
std::size_t encoded_size(const ChunkEvent& event);
std::string encode(const Chunk& chunk);
// Error: kInternal when the value was not written by encode().
Result<Chunk> decode_chunk(std::string_view value);

}  // namespace kiln::logs
