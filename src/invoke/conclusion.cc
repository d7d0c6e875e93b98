// SPDX-License-Identifier: Apache-2.0
#include "invoke/conclusion.h"

#include "base/encoding.h"

#include <array>
#include <utility>

namespace kiln::invoke {
namespace {

// The environment ended, or the runtime's connection, before the response did.
constexpr std::string_view kTruncated = "Runtime.TruncatedResponse";

std::string error_payload(std::string_view type, std::string_view message) {
  std::string out = "{\"errorType\":";
  append_json_string(out, type);
  out += ",\"errorMessage\":";
  append_json_string(out, message);
  out += '}';
  return out;
}

// Signal names as Go's os package writes them, which is what AWS shows.
std::string signal_name(int signal) {
  static constexpr std::array<std::pair<int, std::string_view>, 12> kNames{{
      {1, "hangup"},
      {2, "interrupt"},
      {3, "quit"},
      {4, "illegal instruction"},
      {6, "aborted"},
      {7, "bus error"},
      {8, "floating point exception"},
      {9, "killed"},
      {11, "segmentation fault"},
      {13, "broken pipe"},
      {14, "alarm clock"},
      {15, "terminated"},
  }};
  for (const auto& [number, name] : kNames) {
    if (number == signal) return std::string(name);
  }
  return "signal " + std::to_string(signal);
}

std::string exit_text(const sandbox::ExitStatus& exit) {
  if (exit.signaled) return "Runtime exited with error: signal: " + signal_name(exit.code);
  if (exit.code == 0) return "Runtime exited without providing a reason";
  return "Runtime exited with error: exit status " + std::to_string(exit.code);
}

Conclusion failure(std::string_view type, std::string_view text, const InvocationFacts& facts) {
  std::string message = "RequestId: ";
  message.append(facts.request_id).append(" Error: ").append(text);
  Conclusion conclusion;
  conclusion.payload = error_payload(type, message);
  conclusion.completion = Completion::kError;
  conclusion.error_type = type;
  conclusion.log_line = message.append("\n").append(type).append("\n");
  conclusion.stream_error = type;
  conclusion.reusable = false;
  return conclusion;
}

Conclusion exited(const InvocationFacts& facts) {
  Conclusion conclusion;
  if (facts.extension != nullptr) {
    conclusion = failure(facts.extension->type, facts.extension->message, facts);
    conclusion.stream_error = kTruncated;
    return conclusion;
  }
  const sandbox::ExitStatus exit = facts.exit.value_or(sandbox::ExitStatus{});
  conclusion = failure("Runtime.ExitError", exit_text(exit), facts);
  conclusion.stream_error = kTruncated;
  // AWS answers ExitError to the caller and says OutOfMemory in REPORT.
  if (exit.out_of_memory) conclusion.error_type = "Runtime.OutOfMemory";
  return conclusion;
}

Conclusion timed_out(const InvocationFacts& facts) {
  std::string message = "RequestId: ";
  message.append(facts.request_id).append(" Error: Task timed out after ");
  message.append(timeout_seconds(facts.timeout_s)).append(" seconds");
  Conclusion conclusion;
  conclusion.payload = error_payload("Sandbox.Timedout", message);
  conclusion.completion = Completion::kTimeout;
  conclusion.error_type = "Sandbox.Timedout";
  conclusion.stream_error = conclusion.error_type;
  conclusion.log_line = timeout_line(facts.now, facts.request_id, facts.timeout_s);
  conclusion.reusable = false;
  return conclusion;
}

// "Runtime.ImportModuleError" and its like stay; anything else is the runtime's own word and is
// shown as `unknown`.
std::string platform_error_type(std::string_view type, std::string_view unknown) {
  for (const std::string_view prefix : {"Runtime.", "Function."}) {
    if (!type.starts_with(prefix) || type.size() == prefix.size()) continue;
    const std::string_view rest = type.substr(prefix.size());
    bool letters = rest[0] >= 'A' && rest[0] <= 'Z';
    for (const char c : rest)
      letters = letters && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    if (letters) return std::string(type);
  }
  return std::string(unknown);
}

}  // namespace

Conclusion conclude(Result<runtime_api::InvokeOutcome> outcome, const InvocationFacts& facts) {
  using Kind = runtime_api::InvokeOutcome::Kind;
  if (!outcome) {
    if (outcome.error().code == ErrorCode::kTimeout) return timed_out(facts);
    return failure("Sandbox.Failure", outcome.error().message, facts);
  }
  Conclusion conclusion;
  conclusion.content_type = std::move(outcome->content_type);
  conclusion.streamed = outcome->streamed;
  conclusion.streamed_bytes = outcome->streamed_bytes;
  switch (outcome->kind) {
    case Kind::kResponse:
      conclusion.payload = std::move(outcome->body);
      return conclusion;
    case Kind::kError:
      conclusion.payload = std::move(outcome->body);
      conclusion.completion = Completion::kFunctionError;
      conclusion.error_type = platform_error_type(outcome->error_type, "Function.Unknown");
      conclusion.stream_error = std::move(outcome->error_type);
      return conclusion;
    case Kind::kResponseTooLarge:
      conclusion.error_type = "Function.ResponseSizeTooLarge";
      conclusion.stream_error = conclusion.error_type;
      conclusion.payload =
          error_payload(conclusion.error_type,
                        "Response payload size exceeded maximum allowed payload size (" +
                            std::to_string(outcome->streamed ? runtime_api::kMaxStreamedBytes
                                                             : runtime_api::kMaxResponseBytes) +
                            " bytes).");
      conclusion.completion = Completion::kError;
      return conclusion;
    case Kind::kClosed:
      return exited(facts);
  }
  return exited(facts);
}

Conclusion conclude_init(Result<runtime_api::InitOutcome> outcome, const InvocationFacts& facts) {
  if (!outcome) {
    const ErrorCode code = outcome.error().code;
    if (code == ErrorCode::kTimeout) return timed_out(facts);
    // The command came after the extensions.
    if (code == ErrorCode::kNotFound || code == ErrorCode::kInvalidArgument)
      return conclude_invalid_entrypoint(outcome.error().message, facts);
    return failure("Sandbox.Failure", outcome.error().message, facts);
  }
  if (outcome->kind != runtime_api::InitOutcome::Kind::kError) return exited(facts);
  Conclusion conclusion;
  conclusion.payload = std::move(outcome->body);
  conclusion.completion = Completion::kError;
  conclusion.error_type = platform_error_type(outcome->error_type, "Runtime.Unknown");
  conclusion.reusable = false;
  return conclusion;
}

Conclusion conclude_invalid_entrypoint(std::string_view message, const InvocationFacts& facts) {
  return failure("Runtime.InvalidEntrypoint", message, facts);
}

std::string exit_reason(const sandbox::ExitStatus& exit) {
  if (exit.signaled) return "signal: " + signal_name(exit.code);
  return "exit status " + std::to_string(exit.code);
}

}  // namespace kiln::invoke
