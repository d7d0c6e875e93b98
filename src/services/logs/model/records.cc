// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/records.h"

#include "services/logs/model/codec.h"

namespace kiln::logs {

namespace {
constexpr std::uint64_t kFormat = 1;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kInternal, "logs: damaged record of a " + std::string(what));
}
}  // namespace

std::string encode(const Group& group) {
  Encoder out;
  out.unsigned_integer(kFormat).text(group.id).integer(group.created_ms);
  out.integer(group.retention_days).text(group.log_class).text(group.kms_key_id);
  out.unsigned_integer(group.deletion_protection).unsigned_integer(group.tags.size());
  for (const auto& [name, value] : group.tags) out.text(name).text(value);
  return std::move(out).bytes();
}

Result<Group> decode_group(std::string_view value) {
  Decoder in(value);
  if (in.unsigned_integer() != kFormat) return damaged("log group");
  Group out;
  out.id = in.text();
  out.created_ms = in.integer();
  out.retention_days = in.integer();
  out.log_class = in.text();
  out.kms_key_id = in.text();
  out.deletion_protection = in.unsigned_integer() != 0;
  for (std::uint64_t left = in.unsigned_integer(); left > 0 && in.ok(); --left) {
    std::string name(in.text());
    out.tags[std::move(name)] = in.text();
  }
  if (!in.ok()) return damaged("log group");
  return out;
}

std::string encode(const Stream& stream) {
  Encoder out;
  out.unsigned_integer(kFormat).text(stream.id).integer(stream.created_ms);
  out.integer(stream.next_sequence).integer(stream.stored_bytes).integer(stream.first_event_ms);
  out.integer(stream.last_event_ms).integer(stream.last_ingestion_ms);
  return std::move(out).bytes();
}

Result<Stream> decode_stream(std::string_view value) {
  Decoder in(value);
  if (in.unsigned_integer() != kFormat) return damaged("log stream");
  Stream out;
  out.id = in.text();
  out.created_ms = in.integer();
  out.next_sequence = in.integer();
  out.stored_bytes = in.integer();
  out.first_event_ms = in.integer();
  out.last_event_ms = in.integer();
  out.last_ingestion_ms = in.integer();
  if (!in.ok()) return damaged("log stream");
  return out;
}

}  // namespace kiln::logs
