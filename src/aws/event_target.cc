// SPDX-License-Identifier: Apache-2.0
#include "aws/event_target.h"

#include "aws/arn.h"
#include "base/fields.h"

#include <utility>

namespace kiln::aws {

void EventTargets::add(std::string service, EventTarget& target) {
  targets_[std::move(service)] = &target;
}

EventTarget* EventTargets::find(std::string_view arn) const {
  const auto parsed = parse_arn(arn);
  if (!parsed) return nullptr;
  const auto it = targets_.find(parsed->service);
  return it == targets_.end() ? nullptr : it->second;
}

Task<Status> EventTargets::deliver(TargetEvent event) {
  EventTarget* target = find(event.target_arn);
  if (!target) co_return fail(ErrorCode::kInvalidArgument, "no target: " + event.target_arn);
  auto delivering = target->deliver(std::move(event));
  co_return co_await delivering;
}

Task<Status> EventTargets::check(TargetEvent event) {
  EventTarget* target = find(event.target_arn);
  if (!target) co_return fail(ErrorCode::kInvalidArgument, "no target: " + event.target_arn);
  auto checking = target->check(std::move(event));
  co_return co_await checking;
}

std::string encode_event(const TargetEvent& event) {
  FieldWriter out;
  out.text(event.service)
      .text(event.source_arn)
      .text(event.source_account)
      .text(event.role_arn)
      .text(event.payload)
      .text(event.subject)
      .text(event.group_id)
      .text(event.deduplication_id)
      .text(event.trace_header)
      .number(static_cast<std::int64_t>(event.attributes.size()));
  for (const auto& [name, attribute] : event.attributes) {
    out.text(name).text(attribute.type).text(attribute.value);
  }
  return out.bytes();
}

Result<TargetEvent> decode_event(std::string_view bytes) {
  FieldReader in(bytes);
  TargetEvent event;
  event.service = in.text();
  event.source_arn = in.text();
  event.source_account = in.text();
  event.role_arn = in.text();
  event.payload = in.text();
  event.subject = in.text();
  event.group_id = in.text();
  event.deduplication_id = in.text();
  event.trace_header = in.text();
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    std::string type = in.text();
    event.attributes[std::move(name)] = {std::move(type), in.text()};
  }
  KILN_TRY_VOID(in.status());
  return event;
}

}  // namespace kiln::aws
