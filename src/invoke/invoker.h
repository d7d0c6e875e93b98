// SPDX-License-Identifier: Apache-2.0
#pragma once
// Invoker runs a function once: takes a concurrency lease, an idle environment (or starts one),
// hands it the payload, waits for the answer or the deadline, writes START/END/REPORT.
//
// The path touches no disk. Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/function_directory.h"
#include "lambda/model/function.h"
#include "runtime_api/runtime_api.h"

#include <cstdint>
#include <memory>
#include <string>

namespace kiln::invoke {

struct InvokeRequest {
  std::string request_id;      // the invocation's id; equals x-amzn-RequestId for direct calls
  std::string payload;         // JSON text, already validated; empty means "{}"
  std::string client_context;  // decoded JSON; empty when not sent
  std::string trace_header;
  std::string tenant_id;    // of functions with tenant isolation, and of no others
  std::string invoked_arn;  // as the caller addressed it, for the context object
  bool tail_log = false;
  lambda::ConcurrencyLimits concurrency;
  bool allows_recursion = false;  // lambda::ResolvedFunction's
  // Takes the response of a function that streams while it still runs (response_stream.h); null: it
  // comes as a whole.
  std::shared_ptr<runtime_api::ResponseSink> sink = nullptr;
};

struct InvokeResult {
  std::string payload;         // the function's JSON, byte for byte, or the error object
  std::string function_error;  // "Unhandled" or empty
  std::string executed_version;
  std::string log_tail;           // last 4 KiB of this invocation's log, when asked for
  std::string content_type = {};  // what the runtime said of its response
  // The response went to the sink; `payload` is only the error object.
  bool streamed = false;
  // Of a failure: what the runtime called it, or the platform; Runtime.TruncatedResponse when the
  // response broke off.
  std::string stream_error = {};
};

class Invoker {
 public:
  virtual ~Invoker() = default;
  // Errors: TooManyRequestsException (with Reason, invoke/concurrency.h), ServiceException,
  // RecursiveInvocationException (lineage.h).
  // Function errors are results.
  virtual Task<aws::ApiResult<InvokeResult>> invoke(lambda::FunctionVersionPtr function,
                                                    InvokeRequest request) = 0;
  // Ends every environment: SIGTERM with the documented grace, then SIGKILL.
  virtual Task<void> stop() = 0;
};

}  // namespace kiln::invoke
