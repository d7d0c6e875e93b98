// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace kiln {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kLimitExceeded:
      return "limit exceeded";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kUnknownOutcome:
      return "unknown outcome";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kClosed:
      return "closed";
    case ErrorCode::kIo:
      return "i/o error";
    case ErrorCode::kInternal:
      return "internal error";
  }
  return "unknown";
}

Error Error::context(std::string_view doing) && {
  std::string text;
  text.reserve(doing.size() + 2 + message.size());
  text.append(doing).append(": ").append(message);
  return Error{code, std::move(text)};
}

std::unexpected<Error> fail_errno(std::string_view call, std::string_view path, int error_number) {
  std::string text(call);
  if (!path.empty()) text.append(" ").append(path);
  text.append(": ").append(strerror(error_number));
  if (const char* name = strerrorname_np(error_number)) text.append(" (").append(name).append(")");
  return fail(ErrorCode::kIo, std::move(text));
}

void check_failed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::abort();
}

}  // namespace kiln
