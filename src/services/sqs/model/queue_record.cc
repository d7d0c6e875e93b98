// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/queue_record.h"

#include "aws/arn.h"
#include "base/fields.h"

#include <algorithm>

namespace kiln::sqs {
namespace {

constexpr std::size_t kMaxName = 80;

void write(FieldWriter& out, const TextMap& map) {
  out.number(static_cast<std::int64_t>(map.size()));
  for (const auto& [name, value] : map) out.text(name).text(value);
}

TextMap read_map(FieldReader& in) {
  TextMap out;
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    out[std::move(name)] = in.text();
  }
  return out;
}

}  // namespace

std::optional<QueueName> parse_queue_arn(std::string_view arn) {
  auto parsed = aws::parse_arn(arn);
  if (!parsed || parsed->service != "sqs" || parsed->region.empty() ||
      !aws::is_account_id(parsed->account) || !is_queue_name(parsed->resource)) {
    return std::nullopt;
  }
  return QueueName{std::move(parsed->account), std::move(parsed->region),
                   std::move(parsed->resource)};
}

bool is_queue_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  if (name.ends_with(".fifo")) name.remove_suffix(5);
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string encode(const QueueRecord& record) {
  FieldWriter out;
  out.text(record.id).number(record.created_ms).number(record.modified_ms).number(record.purged_ms);
  write(out, record.attributes);
  write(out, record.tags);
  return out.bytes();
}

Result<QueueRecord> decode_queue(std::string_view bytes) {
  FieldReader in(bytes);
  QueueRecord out;
  out.id = in.text();
  out.created_ms = in.number();
  out.modified_ms = in.number();
  out.purged_ms = in.number();
  out.attributes = read_map(in);
  out.tags = read_map(in);
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::sqs
