// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_event.h"

#include "base/fields.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::invoke {

std::string AsyncEvent::invoked_arn() const {
  return lambda::function_arn(function.account, function.region, function.name, qualifier);
}

std::string encode(const AsyncEvent& event) {
  return FieldWriter()
      .text(event.request_id)
      .text(event.function.account)
      .text(event.function.region)
      .text(event.function.name)
      .text(event.qualifier)
      .text(event.payload)
      .text(event.client_context)
      .text(event.trace_header)
      .text(event.tenant_id)
      .bytes();
}

Result<AsyncEvent> decode_async_event(std::string_view bytes) {
  FieldReader in(bytes);
  AsyncEvent out{.request_id = in.text(),
                 .function = {.account = in.text(), .region = in.text(), .name = in.text()},
                 .qualifier = in.text(),
                 .payload = in.text(),
                 .client_context = in.text(),
                 .trace_header = in.text(),
                 .tenant_id = {}};
  // Events of older builds end here.
  if (!in.at_end()) out.tenant_id = in.text();
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const AsyncProgress& progress) {
  return FieldWriter()
      .number(progress.invocations)
      .number(progress.function_errors)
      .number(progress.backoffs)
      .number(progress.status_code)
      .text(progress.executed_version)
      .text(progress.function_error)
      .text(progress.error_message)
      .bytes();
}

Result<AsyncProgress> decode_async_progress(std::string_view bytes) {
  if (bytes.empty()) return AsyncProgress{};
  FieldReader in(bytes);
  AsyncProgress out{.invocations = static_cast<int>(in.number()),
                    .function_errors = static_cast<int>(in.number()),
                    .backoffs = static_cast<int>(in.number()),
                    .status_code = static_cast<int>(in.number()),
                    .executed_version = in.text(),
                    .function_error = in.text(),
                    .error_message = in.text()};
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::invoke
