// SPDX-License-Identifier: Apache-2.0
#include "invoke/api/checks.h"

#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "invoke/api/payload.h"
#include "invoke/json_check.h"

#include <string_view>
#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::size_t kMaxPayloadBytes = 6'291'456;
constexpr std::size_t kMaxClientContextBytes = 3'583;

}  // namespace

aws::ApiResult<std::string> decode_client_context(const std::optional<std::string>& header) {
  if (!header || header->empty()) return std::string();
  if (header->size() > kMaxClientContextBytes)
    return aws::fail(gen::lambda::invalid_request_content_exception(
        "Client context must be at most 3583 bytes of Base64-encoded data."));
  auto decoded = base64_decode(*header);
  if (!decoded || find_json_fault(*decoded) || !is_json_object(*decoded))
    return aws::fail(gen::lambda::invalid_request_content_exception(
        "Client context must be a valid Base64-encoded JSON object."));
  // It travels on as an HTTP header.
  std::erase_if(*decoded, [](char c) { return c == '\n' || c == '\r'; });
  return std::move(*decoded);
}

aws::ApiResult<void> check_invocable(const lambda::FunctionVersion& function) {
  std::string_view state;
  if (function.state == lambda::State::kPending) state = "Pending";
  if (function.state == lambda::State::kFailed) state = "Failed";
  if (state.empty()) return {};
  return aws::fail(gen::lambda::resource_conflict_exception(
      "The operation cannot be performed at this time. The function is currently in the following "
      "state: " +
      std::string(state)));
}

aws::ApiResult<void> check_payload(const std::string& payload) {
  if (payload.size() > kMaxPayloadBytes)
    return aws::fail(gen::lambda::request_too_large_exception(
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"));
  return check_json(payload);
}

}  // namespace kiln::invoke
