// SPDX-License-Identifier: Apache-2.0
#pragma once
// ApiError is an error that a client of the AWS API sees: code, HTTP status and message are AWS's
// own.
//
// Modelled errors come from generated factories (gen/<service>/errors.h); the ones every service
// shares are in aws/common_errors.h. The pipeline turns it into bytes once, per protocol.

#include "base/result.h"

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::aws {

struct Shape;

struct ApiError {
  std::string code;  // "ResourceNotFoundException"
  int http_status = 400;
  std::string message;
  // Further members of the error shape, by wire name, as text ("Reason" -> "...").
  std::vector<std::pair<std::string, std::string>> fields;
  // Extra response headers ("Retry-After").
  std::vector<std::pair<std::string, std::string>> headers;
  // The member that carries `message` in JSON bodies, as the error's shape spells it.
  std::string_view message_name = "message";
  // The code in the query protocol where that is another ("AWS.SimpleQueueService.
  // NonExistentQueue" of QueueDoesNotExist); else empty.
  std::string_view query_code = {};
  // Members of the error shape that are no text: body members by wire name, each rendered by the
  // protocol. Null, or a value of `detail_shape`.
  const Shape* detail_shape = nullptr;
  std::shared_ptr<const void> detail = {};

  // "Sender" (the client's fault) or "Receiver", as query and rest protocols spell it.
  bool sender_fault() const { return http_status < 500; }
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

inline std::unexpected<ApiError> fail(ApiError error) {
  return std::unexpected<ApiError>(std::move(error));
}

// Logs `error` with `room` and answers the 500 that hides it: InternalFailure or, for services that
// model it, ServiceException with AWS's text. `code` names the service's internal error.
ApiError internal_failure(std::string_view room, const Error& error,
                          std::string_view code = "InternalFailure");

}  // namespace kiln::aws

// KILN_API_TRY(auto x, room, expr): unwraps a Result<T> inside a coroutine that answers ApiResult;
// an internal error is logged and becomes a 500.
#define KILN_API_TRY(decl, room, ...) \
  KILN_API_TRY_IMPL(KILN_CONCAT(kiln_api_try_, __LINE__), decl, room, __VA_ARGS__)
#define KILN_API_TRY_IMPL(tmp, decl, room, ...)                                            \
  auto tmp = __VA_ARGS__;                                                                  \
  if (!tmp) co_return ::kiln::aws::fail(::kiln::aws::internal_failure(room, tmp.error())); \
  decl = std::move(*tmp)
