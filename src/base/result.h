// SPDX-License-Identifier: Apache-2.0
#pragma once
// Result<T> is how every fallible call inside Kiln answers: a value, or an Error.
//
// Error is for internal failures (disk, process, network). Its text is for the operator and never
// reaches a client; what clients see is aws::ApiError (aws/api_error.h). A broken invariant is
// neither: it aborts through KILN_CHECK.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace kiln {

enum class ErrorCode : std::uint8_t {
  kNotFound,         // the named thing does not exist
  kInvalidArgument,  // the caller's input is malformed
  kLimitExceeded,    // a size, count or rate bound was hit
  kConflict,         // a store check failed; read again and retry
  kUnknownOutcome,   // a commit may or may not have happened
  kTimeout,          // the deadline passed
  kCancelled,        // the stop token was triggered
  kClosed,           // the peer or the object is gone
  kIo,               // a system call failed; the message names call, path and errno
  kInternal,         // anything else; a bug or a broken host
};

std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // For the operator: what was attempted, on what, why it failed and, where known, what to do.
  std::string message;

  // Prefixes the message with what the caller was doing: "start environment: fork: EAGAIN".
  Error context(std::string_view doing) &&;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}
// Error kIo with the text of errno: "open /x/y: No such file or directory (ENOENT)".
std::unexpected<Error> fail_errno(std::string_view call, std::string_view path, int error_number);

[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace kiln

// Aborts when a contract inside Kiln is broken. Never for untrusted input.
#define KILN_CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::kiln::check_failed(__FILE__, __LINE__, #expression))

#define KILN_CONCAT_INNER(a, b) a##b
#define KILN_CONCAT(a, b) KILN_CONCAT_INNER(a, b)

// KILN_TRY(auto x, expr): x = value of expr, or return its error. For plain functions.
#define KILN_TRY(decl, ...) \
  KILN_TRY_IMPL(KILN_CONCAT(kiln_try_, __LINE__), decl, return, __VA_ARGS__)
// The same in a coroutine; write the co_await inside: KILN_CO_TRY(auto x, co_await f()).
#define KILN_CO_TRY(decl, ...) \
  KILN_TRY_IMPL(KILN_CONCAT(kiln_try_, __LINE__), decl, co_return, __VA_ARGS__)
#define KILN_TRY_IMPL(tmp, decl, ret, ...)               \
  auto tmp = __VA_ARGS__;                                \
  if (!tmp) ret std::unexpected(std::move(tmp.error())); \
  decl = std::move(*tmp)
#define KILN_TRY_VOID(...) KILN_TRY_VOID_IMPL(KILN_CONCAT(kiln_try_, __LINE__), return, __VA_ARGS__)
#define KILN_CO_TRY_VOID(...) \
  KILN_TRY_VOID_IMPL(KILN_CONCAT(kiln_try_, __LINE__), co_return, __VA_ARGS__)
#define KILN_TRY_VOID_IMPL(tmp, ret, ...) \
  auto tmp = __VA_ARGS__;                 \
  if (!tmp) ret std::unexpected(std::move(tmp.error()))
