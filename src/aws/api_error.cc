// SPDX-License-Identifier: Apache-2.0
#include "aws/api_error.h"

#include "base/log.h"

namespace kiln::aws {

ApiError internal_failure(std::string_view room, const Error& error, std::string_view code) {
  log::error(room, std::string(to_string(error.code)) + ": " + error.message);
  return ApiError{std::string(code), 500,
                  code == "ServiceException"
                      ? "Lambda encountered an internal error."
                      : "The request processing has failed because of an unknown error, exception "
                        "or failure."};
}

}  // namespace kiln::aws
