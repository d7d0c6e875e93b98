// SPDX-License-Identifier: Apache-2.0
#pragma once
// An asynchronous invocation as it waits in its function's queue, and what has become of it so far.

#include "base/result.h"
#include "base/time.h"
#include "lambda/keys.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::invoke {

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
inline constexpr std::size_t kMaxAsyncPayloadBytes = 1024 * 1024;

struct AsyncEvent {
  std::string request_id;  // the same at each attempt
  lambda::FunctionKey function;
  std::string qualifier;       // as the caller gave it: empty, a version or an alias
  std::string payload;         // JSON text, at most kMaxAsyncPayloadBytes
  std::string client_context;  // decoded JSON; empty when not sent
  std::string trace_header;
  std::string tenant_id;  // empty for functions without tenant isolation

  std::string invoked_arn() const;
};

// Kept with the queue's item between attempts.
struct AsyncProgress {
  int invocations = 0;      // times the function ran
  int function_errors = 0;  // of these, with an error
  int backoffs = 0;         // throttles and system errors in a row
  // Of the last attempt; empty when there was none.
  int status_code = 0;
  std::string executed_version;
  std::string function_error;
  std::string error_message;  // at most kMaxErrorMessageBytes
};
inline constexpr std::size_t kMaxErrorMessageBytes = 1024;

std::string encode(const AsyncEvent& event);
Result<AsyncEvent> decode_async_event(std::string_view bytes);
std::string encode(const AsyncProgress& progress);
// No bytes: an event that was never tried.
Result<AsyncProgress> decode_async_progress(std::string_view bytes);

}  // namespace kiln::invoke
