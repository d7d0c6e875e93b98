// SPDX-License-Identifier: Apache-2.0
#include "queue/records.h"

#include "store/tuple.h"

#include <utility>

namespace kiln::queue {

std::string encode(const IndexRecord& record) {
  return FieldWriter().number(record.queued).number(record.leased).bytes();
}

Result<IndexRecord> decode_index(std::string_view bytes) {
  FieldReader in(bytes);
  IndexRecord out{.queued = in.number(), .leased = in.number()};
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const ItemRecord& record) {
  return FieldWriter()
      .text(record.id)
      .number(record.sent)
      .number(record.due)
      .number(record.first_claimed)
      .number(record.attempts)
      .text(record.lease)
      .number(record.body_parts)
      .text(record.payload)
      .bytes();
}

Result<ItemRecord> decode_item(std::string_view bytes) {
  FieldReader in(bytes);
  ItemRecord out{.id = in.text(),
                 .sent = in.number(),
                 .due = in.number(),
                 .first_claimed = in.number(),
                 .attempts = in.number(),
                 .lease = in.text(),
                 .body_parts = in.number(),
                 .payload = in.text()};
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const GroupRecord& record) {
  return FieldWriter()
      .number(record.due)
      .number(record.tail)
      .number(record.index.queued)
      .number(record.index.leased)
      .bytes();
}

Result<GroupRecord> decode_group(std::string_view bytes) {
  FieldReader in(bytes);
  GroupRecord out{.due = in.number(),
                  .tail = in.number(),
                  .index = {.queued = in.number(), .leased = in.number()}};
  KILN_TRY_VOID(in.status());
  return out;
}

Result<IndexKey> decode_index_key(const QueueId& queue, std::string_view key) {
  store::KeyReader in(key.substr(keys::all_due(queue).size()));
  IndexKey out;
  KILN_TRY(out.due, in.next_integer());
  KILN_TRY(const std::int64_t kind, in.next_integer());
  out.kind = static_cast<keys::Kind>(kind);
  KILN_TRY(out.name, in.next_string());
  return out;
}

std::string encode(const Token& token) {
  return store::key(token.lease, token.id, token.group, token.sequence);
}

Result<Token> decode_token(std::string_view bytes) {
  store::KeyReader in(bytes);
  auto lease = in.next_string();
  auto id = in.next_string();
  auto group = in.next_string();
  auto sequence = in.next_integer();
  if (!lease || !id || !group || !sequence || lease->empty()) {
    return fail(ErrorCode::kConflict, "queue: not a lease token");
  }
  return Token{std::move(*lease), std::move(*id), std::move(*group), *sequence};
}

}  // namespace kiln::queue
