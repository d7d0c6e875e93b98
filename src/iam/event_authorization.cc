// SPDX-License-Identifier: Apache-2.0
#include "iam/event_authorization.h"

#include "aws/arn.h"

#include <utility>

namespace kiln::iam {
namespace {

constexpr std::string_view kSessionName = "kiln-event";

// A session of the role as it is now: no id, for nobody kept one.
aws::Principal session_of(const std::string& role_arn) {
  aws::Principal out;
  out.kind = aws::Principal::Kind::kAssumedRole;
  out.role_arn = role_arn;
  const auto arn = aws::parse_arn(role_arn);
  if (!arn) return out;
  out.account = arn->account;
  const std::string name = arn->resource.substr(arn->resource.rfind('/') + 1);
  out.arn = "arn:" + arn->partition + ":sts::" + arn->account + ":assumed-role/" + name + "/" +
            std::string(kSessionName);
  return out;
}

aws::Principal sender_of(const aws::TargetEvent& event) {
  if (!event.role_arn.empty()) return session_of(event.role_arn);
  aws::Principal out;
  out.kind = aws::Principal::Kind::kService;
  out.service = event.service;
  return out;
}

aws::RequestContext context_of(const aws::TargetEvent& event, const std::string& action,
                               const std::string& resource, Timestamp now) {
  aws::RequestContext out;
  out.request_id = event.id;
  out.service = action.substr(0, action.find(':'));
  out.principal = sender_of(event);
  out.account = event.source_account;
  if (const auto arn = aws::parse_arn(resource)) {
    if (!arn->account.empty()) out.account = arn->account;
    out.region = arn->region;
  }
  out.now = now;
  out.scheme = "https";  // nothing is sent over a wire that others read
  out.trace_header = event.trace_header;
  return out;
}

}  // namespace

Task<Status> authorize_event(Authorizer& authorizer, aws::TargetEvent event, std::string action,
                             std::string resource, Timestamp now) {
  if (event.role_arn.empty() && event.service.empty()) {
    co_return fail(ErrorCode::kInvalidArgument, "an event without sender asks for " + action);
  }
  const aws::RequestContext context = context_of(event, action, resource, now);
  aws::Authorization asked(std::move(action), std::move(resource));
  if (!event.source_arn.empty()) asked.condition_keys()["aws:SourceArn"] = {event.source_arn};
  if (!event.source_account.empty()) {
    asked.condition_keys()["aws:SourceAccount"] = {event.source_account};
  }
  auto checking = authorizer.check(context, std::move(asked));
  auto checked = co_await std::move(checking);
  if (checked) co_return Status{};
  const bool refused = checked.error().http_status < 500;
  co_return fail(refused ? ErrorCode::kInvalidArgument : ErrorCode::kInternal,
                 std::move(checked.error().message));
}

}  // namespace kiln::iam
