// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/errors.h"

#include "base/log.h"

namespace kiln::s3 {

using aws::ApiError;

ApiError no_such_bucket(std::string_view bucket) {
  return {"NoSuchBucket",
          404,
          "The specified bucket does not exist",
          {{"BucketName", std::string(bucket)}},
          {}};
}

ApiError no_such_key(std::string_view key) {
  return {"NoSuchKey", 404, "The specified key does not exist.", {{"Key", std::string(key)}}, {}};
}

ApiError no_such_version(std::string_view key, std::string_view version_id) {
  return {"NoSuchVersion",
          404,
          "The specified version does not exist.",
          {{"Key", std::string(key)}, {"VersionId", std::string(version_id)}},
          {}};
}

ApiError no_such_upload(std::string_view upload_id) {
  return {"NoSuchUpload",
          404,
          "The specified upload does not exist. The upload ID may be invalid, or the upload may "
          "have been aborted or completed.",
          {{"UploadId", std::string(upload_id)}},
          {}};
}

ApiError access_denied() { return {"AccessDenied", 403, "Access Denied", {}, {}}; }

ApiError invalid_argument(std::string message, std::string_view name, std::string_view value) {
  ApiError error{"InvalidArgument", 400, std::move(message), {}, {}};
  if (!name.empty()) {
    error.fields = {{"ArgumentName", std::string(name)}, {"ArgumentValue", std::string(value)}};
  }
  return error;
}

ApiError invalid_request(std::string message) {
  return {"InvalidRequest", 400, std::move(message), {}, {}};
}

ApiError malformed_xml() {
  return {"MalformedXML",
          400,
          "The XML you provided was not well-formed or did not validate against our published "
          "schema",
          {},
          {}};
}

ApiError invalid_range(std::string_view range, std::uint64_t size) {
  return {"InvalidRange",
          416,
          "The requested range is not satisfiable",
          {{"RangeRequested", std::string(range)}, {"ActualObjectSize", std::to_string(size)}},
          {{"Content-Range", "bytes */" + std::to_string(size)}}};
}

ApiError precondition_failed(std::string_view condition) {
  return {"PreconditionFailed",
          412,
          "At least one of the pre-conditions you specified did not hold",
          {{"Condition", std::string(condition)}},
          {}};
}

ApiError not_implemented(std::string_view header) {
  return {"NotImplemented",
          501,
          "A header you provided implies functionality that is not implemented",
          {{"Header", std::string(header)}},
          {}};
}

ApiError operation_aborted() {
  return {"OperationAborted",
          409,
          "A conflicting conditional operation is currently in progress against this resource. "
          "Please try again.",
          {},
          {}};
}

ApiError internal_error(const Error& error) {
  log::error(kRoom, std::string(to_string(error.code)) + ": " + error.message);
  return {"InternalError", 500, "We encountered an internal error. Please try again.", {}, {}};
}

}  // namespace kiln::s3
