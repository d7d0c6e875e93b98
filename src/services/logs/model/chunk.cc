// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/chunk.h"

#include "services/logs/model/codec.h"

namespace kiln::logs {

namespace {
constexpr std::uint64_t kFormat = 1;
}  // namespace

std::size_t encoded_size(const ChunkEvent& event) {
  return 40 + event.message.size() + event.body_id.size();
}

std::string encode(const Chunk& chunk) {
  Encoder out;
  out.unsigned_integer(kFormat).integer(chunk.ingestion_ms).unsigned_integer(chunk.events.size());
  std::int64_t time = 0, sequence = 0;
  for (const ChunkEvent& e : chunk.events) {
    out.integer(e.time_ms - time).integer(e.sequence - sequence);
    out.text(e.body_id);
    if (e.body_id.empty()) {
      out.text(e.message);
    } else {
      out.unsigned_integer(e.message_bytes);
    }
    time = e.time_ms;
    sequence = e.sequence;
  }
  return std::move(out).bytes();
}

Result<Chunk> decode_chunk(std::string_view value) {
  Decoder in(value);
  Chunk out;
  const bool known = in.unsigned_integer() == kFormat;
  out.ingestion_ms = in.integer();
  const std::uint64_t count = in.unsigned_integer();
  std::int64_t time = 0, sequence = 0;
  for (std::uint64_t i = 0; known && in.ok() && i < count; ++i) {
    ChunkEvent& e = out.events.emplace_back();
    e.time_ms = time += in.integer();
    e.sequence = sequence += in.integer();
    e.body_id = in.text();
    if (e.body_id.empty()) {
      e.message = in.text();
      e.message_bytes = e.message.size();
    } else {
      e.message_bytes = in.unsigned_integer();
    }
  }
  if (!known || !in.ok() || out.events.empty()) {
    return fail(ErrorCode::kInternal, "logs: damaged chunk of events");
  }
  return out;
}

}  // namespace kiln::logs
