// SPDX-License-Identifier: Apache-2.0
#include "server/request_errors.h"

#include "aws/protocol/form.h"

#include <string>

namespace kiln::server {

using aws::ApiError;

ApiError too_large(const aws::OperationModel& operation, bool s3) {
  if (s3) return {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"};
  const bool invoke = operation.name == "Invoke";
  return {invoke ? "RequestTooLargeException" : "RequestEntityTooLargeException",
          413,
          "Request must be smaller than " + std::to_string(operation.max_body_bytes) +
              " bytes for the " + std::string(operation.name) + (invoke ? "Function" : "") +
              " operation",
          {},
          {}};
}

ApiError too_busy(bool s3) {
  if (s3) return {"SlowDown", 503, "Please reduce your request rate.", {}, {{"Retry-After", "1"}}};
  return {"ServiceUnavailableException",
          503,
          "The server holds too many unfinished requests. Try again.",
          {},
          {{"Retry-After", "1"}}};
}

ApiError unknown_action(const aws::ServiceModel& service, std::string_view body,
                        std::string_view query) {
  aws::protocol::Form form;
  if (!aws::protocol::parse_form(body, form) || !aws::protocol::parse_form(query, form)) {
    return {"MalformedQueryString", 400, "The query string contains a syntax error.", {}, {}};
  }
  const auto action = form.find("Action");
  const auto version = form.find("Version");
  if (action == form.end()) {
    return {"MissingAction", 400, "The request must contain the parameter Action.", {}, {}};
  }
  return {"InvalidAction",
          400,
          "Could not find operation " + action->second + " for version " +
              (version == form.end() ? std::string(service.api_version) : version->second),
          {},
          {}};
}

}  // namespace kiln::server
