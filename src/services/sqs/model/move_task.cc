// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/move_task.h"

#include "base/encoding.h"
#include "base/fields.h"

namespace kiln::sqs {

std::string encode_handle(const MoveTaskKey& key) {
  return base64_encode(
      FieldWriter().text(key.source.arn()).number(key.started_ms).text(key.id).bytes());
}

std::optional<MoveTaskKey> decode_handle(std::string_view handle) {
  const auto bytes = base64_decode(handle);
  if (!bytes) return std::nullopt;
  FieldReader in(*bytes);
  auto source = parse_queue_arn(in.text());
  MoveTaskKey out{.source = {}, .started_ms = in.number(), .id = in.text()};
  if (!source || !in.status() || !in.at_end()) return std::nullopt;
  out.source = std::move(*source);
  return out;
}

std::string encode(const MoveTask& task) {
  return FieldWriter()
      .text(task.status)
      .text(task.destination_arn)
      .number(task.per_second)
      .number(task.moved)
      .number(task.to_move)
      .text(task.failure)
      .bytes();
}

Result<MoveTask> decode_move_task(std::string_view bytes) {
  FieldReader in(bytes);
  MoveTask out{.status = in.text(),
               .destination_arn = in.text(),
               .per_second = in.number(),
               .moved = in.number(),
               .to_move = in.number(),
               .failure = in.text()};
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::sqs
