// SPDX-License-Identifier: Apache-2.0
#include "queue/records.h"

#include "store/tuple.h"

#include <utility>

namespace kiln::queue {

namespace {
constexpr char kFormat = '\1';
}

Encoder& Encoder::number(std::int64_t value) {
  for (int shift = 0; shift < 64; shift += 8) {
    out_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
  return *this;
}

Encoder& Encoder::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  out_.append(value);
  return *this;
}

Decoder::Decoder(std::string_view bytes) : rest_(bytes) {
  ok_ = !rest_.empty() && rest_.front() == kFormat;
  if (ok_) rest_.remove_prefix(1);
}

std::string_view Decoder::take(std::size_t size) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::int64_t Decoder::number() {
  std::uint64_t out = 0;
  const std::string_view bytes = take(8);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return static_cast<std::int64_t>(out);
}

std::string Decoder::text() {
  const auto size = static_cast<std::size_t>(number());
  return std::string(take(size));
}

Status Decoder::status() const {
  if (ok_) return {};
  return fail(ErrorCode::kInternal,
              "queue: a record has an unknown format; was it written by a newer kiln?");
}

std::string encode(const IndexRecord& record) {
  return Encoder().number(record.queued).number(record.leased).bytes();
}

Result<IndexRecord> decode_index(std::string_view bytes) {
  Decoder in(bytes);
  IndexRecord out{.queued = in.number(), .leased = in.number()};
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const ItemRecord& record) {
  return Encoder()
      .text(record.id)
      .number(record.sent)
      .number(record.due)
      .number(record.first_claimed)
      .number(record.attempts)
      .text(record.lease)
      .number(record.has_body ? 1 : 0)
      .text(record.payload)
      .bytes();
}

Result<ItemRecord> decode_item(std::string_view bytes) {
  Decoder in(bytes);
  ItemRecord out{.id = in.text(),
                 .sent = in.number(),
                 .due = in.number(),
                 .first_claimed = in.number(),
                 .attempts = in.number(),
                 .lease = in.text(),
                 .has_body = in.number() != 0,
                 .payload = in.text()};
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const GroupRecord& record) {
  return Encoder()
      .number(record.due)
      .number(record.tail)
      .number(record.index.queued)
      .number(record.index.leased)
      .bytes();
}

Result<GroupRecord> decode_group(std::string_view bytes) {
  Decoder in(bytes);
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
