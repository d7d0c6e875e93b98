// SPDX-License-Identifier: Apache-2.0
#pragma once
// Conclusion: what a finished (or failed) invocation means to the caller, to the log and to the
// environment. Pure; the payloads and lines are AWS's.

#include "base/result.h"
#include "invoke/platform_log.h"
#include "runtime_api/extensions.h"
#include "runtime_api/runtime_api.h"
#include "sandbox/sandbox.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::invoke {

struct Conclusion {
  std::string payload;
  Completion completion = Completion::kSuccess;
  std::string error_type;  // for the log; empty on success
  std::string log_line;    // written before END; may be empty
  bool reusable = true;    // whether the environment may take another invocation
  std::string content_type;
  bool streamed = false;
  std::string stream_error;  // InvokeResult's
  std::uint64_t streamed_bytes = 0;
};

// What is the same for every way to end.
struct InvocationFacts {
  std::string_view request_id;
  int timeout_s = 3;
  Timestamp now;
  std::optional<sandbox::ExitStatus> exit;  // of the runtime's process, when it ended
  // The extension whose failure ended the environment; null: none did.
  const runtime_api::ExtensionFailure* extension = nullptr;
};

// Takes the body out of `outcome`.
Conclusion conclude(Result<runtime_api::InvokeOutcome> outcome, const InvocationFacts& facts);
// An initialisation that did not end in "ready" (`outcome` kReady means: exited right after).
Conclusion conclude_init(Result<runtime_api::InitOutcome> outcome, const InvocationFacts& facts);
// How an extension's process ended: "exit status 1", "signal: killed".
std::string exit_reason(const sandbox::ExitStatus& exit);
// The command could not be started: Runtime.InvalidEntrypoint, with the sandbox's message.
Conclusion conclude_invalid_entrypoint(std::string_view message, const InvocationFacts& facts);

}  // namespace kiln::invoke
