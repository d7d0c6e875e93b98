// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_outcome.h"

#include "aws/arn.h"
#include "aws/event_target.h"
#include "base/encoding.h"
#include "invoke/json_check.h"

#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::size_t kTopicLimit = 256 * 1024;
constexpr std::size_t kLimit = 1024 * 1024;
// With the event for the dead letters the record shares one commit.
constexpr std::size_t kLimitBesideDeadLetter = 900 * 1024;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// A function may answer bytes that are no JSON.
std::string json_or_text(const std::string& bytes) {
  if (bytes.empty()) return "null";
  return find_json_fault(bytes) ? quoted(bytes) : bytes;
}

std::string service_of(const std::string& arn) {
  const auto parsed = aws::parse_arn(arn);
  return parsed ? parsed->service : "";
}

// 2026-01-31/... as S3 destinations name their objects.
std::string object_key(const std::string& function, Timestamp now, const std::string& id) {
  std::string time = format_iso8601(now).substr(0, 19);  // 2026-01-31T10:20:30
  std::string day = time.substr(0, 10);
  for (char& c : day) c = c == '-' ? '/' : c;
  for (char& c : time) c = c == ':' ? '.' : c;
  return "aws/lambda/async/" + function + "/" + day + "/" + time + "-" + id;
}

aws::TargetEvent event_of(const AsyncOutcome& outcome) {
  aws::TargetEvent out;
  out.service = "lambda.amazonaws.com";
  out.source_arn = outcome.function->arn();
  out.source_account = outcome.function->account;
  out.role_arn = outcome.function->role;
  out.trace_header = outcome.trace_header;
  return out;
}

std::string text_of(AsyncVerdict verdict) {
  switch (verdict) {
    case AsyncVerdict::kEventAgeExceeded:
      return "The event is older than its maximum age.";
    case AsyncVerdict::kZeroReservedConcurrency:
      return "Rate Exceeded.";
    default:
      return "";
  }
}

queue::OutboxEntry dead_letter(const AsyncOutcome& outcome) {
  aws::TargetEvent event = event_of(outcome);
  event.payload = outcome.event.payload.empty() ? "{}" : outcome.event.payload;
  const AsyncProgress& progress = outcome.progress;
  const int code = progress.status_code != 0 ? progress.status_code : 429;
  const std::string message =
      progress.error_message.empty() ? text_of(outcome.verdict) : progress.error_message;
  event.attributes["RequestID"] = {"String", outcome.event.request_id};
  event.attributes["ErrorCode"] = {"Number", std::to_string(code)};
  // No service takes an empty attribute.
  if (!message.empty()) event.attributes["ErrorMessage"] = {"String", message};
  return {.target = outcome.function->dead_letter_target, .payload = aws::encode_event(event)};
}

std::string record_text(const AsyncOutcome& outcome, Timestamp now, bool request, bool response) {
  const AsyncProgress& progress = outcome.progress;
  const lambda::FunctionVersion& function = *outcome.function;
  const std::string qualifier =
      outcome.event.qualifier.empty() ? function.version : outcome.event.qualifier;
  std::string out = R"({"version":"1.0","timestamp":")" + format_iso8601(now, true) +
                    R"(","requestContext":{"requestId":)" + quoted(outcome.event.request_id) +
                    R"(,"functionArn":)" + quoted(function.arn() + ":" + qualifier) +
                    R"(,"condition":")";
  out.append(condition_of(outcome.verdict));
  out += R"(","approximateInvokeCount":)" + std::to_string(progress.invocations) +
         R"(},"requestPayload":)";
  const std::string& payload = outcome.event.payload;
  out += !request ? "null" : payload.empty() ? "{}" : payload;
  if (progress.invocations == 0) return out + "}";
  out += R"(,"responseContext":{"statusCode":200,"executedVersion":)" +
         quoted(progress.executed_version);
  if (!progress.function_error.empty()) {
    out += R"(,"functionError":)" + quoted(progress.function_error);
  }
  out += R"(},"responsePayload":)";
  out += response ? json_or_text(outcome.response) : "null";
  return out + "}";
}

}  // namespace

std::string invocation_record(const AsyncOutcome& outcome, Timestamp now, std::size_t limit) {
  std::string out = record_text(outcome, now, true, true);
  if (out.size() > limit) out = record_text(outcome, now, true, false);
  if (out.size() > limit) out = record_text(outcome, now, false, false);
  return out;
}

std::vector<queue::OutboxEntry> entries_of(const AsyncOutcome& outcome, Timestamp now,
                                           const std::string& id) {
  std::vector<queue::OutboxEntry> out;
  if (!outcome.function) return out;
  const bool good = outcome.verdict == AsyncVerdict::kSucceeded;
  const bool dead = !good && !outcome.function->dead_letter_target.empty();
  const std::string& target = good ? outcome.settings.on_success : outcome.settings.on_failure;
  if (!target.empty()) {
    const std::string service = service_of(target);
    std::size_t limit = dead ? kLimitBesideDeadLetter : kLimit;
    if (service == "sns") limit = kTopicLimit;
    aws::TargetEvent event = event_of(outcome);
    event.payload = invocation_record(outcome, now, limit);
    if (service == "s3") event.subject = object_key(outcome.function->name, now, id);
    out.push_back({.target = target, .payload = aws::encode_event(event)});
  }
  if (dead) out.push_back(dead_letter(outcome));
  return out;
}

}  // namespace kiln::invoke
