// SPDX-License-Identifier: Apache-2.0
#include "queue/records.h"

#include "store/tuple.h"

#include <utility>

namespace kiln::queue {

std::string id_prefix(std::int64_t ms) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int shift = 44; shift >= 0; shift -= 4) {
    if (out.size() == 8) out.push_back('-');
    out.push_back(kHex[ms >> shift & 15]);
  }
  return out;
}

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
  FieldWriter out;
  out.text(record.id)
      .number(record.sent)
      .number(record.due)
      .number(record.first_claimed)
      .number(record.attempts)
      .text(record.lease)
      .number(record.body_parts)
      .text(record.payload);
  if (!record.moved_from.empty() || !record.note.empty()) {
    out.text(record.moved_from).number(record.moved);
  }
  if (!record.note.empty()) out.text(record.note);
  return out.bytes();
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
  if (!in.at_end()) {
    out.moved_from = in.text();
    out.moved = in.number();
  }
  KILN_TRY_VOID(in.status());
  if (!in.at_end()) out.note = in.text();
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
