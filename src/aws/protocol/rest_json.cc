// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codecs.h"
#include "aws/protocol/json_reader.h"
#include "aws/protocol/json_writer.h"
#include "aws/protocol/rest.h"

namespace kiln::aws::protocol {
namespace {

ApiResult<void> read_body(std::string_view body, const Shape& shape, void* value) {
  auto done = read_json(body, shape, value);
  if (done) return {};
  if (!done.error().malformed) return fail(serialization_error(done.error().message));
  return fail(ApiError{"InvalidRequestContentException", 400,
                       "Could not parse request body into json: " + done.error().message});
}

void write_payload(const Member& payload, const void* output, http::Response& response) {
  // Lambda's payloads are JSON; a service that sends other bytes has a Content-Type member.
  if (write_raw_payload(payload, output, "application/json", "application/json", response)) return;
  response.headers.set("Content-Type", "application/json");
  if (const void* value = payload.get(output)) {
    write_json(response.body, *payload.shape, value);
  } else {
    response.body = "{}";
  }
}

}  // namespace

ApiResult<void> RestJsonCodec::parse(const WireRequest& request, const OperationModel& operation,
                                     const std::map<std::string, std::string>& uri_labels,
                                     void* input) const {
  const Shape& shape = *operation.input;
  if (auto done = read_bindings(request, shape, uri_labels, input); !done) return done;
  const Member* payload = payload_member(shape);
  if (payload && read_raw_payload(*payload, request, input)) return {};
  if (request.body.empty()) return {};
  if (payload) return read_body(request.body, *payload->shape, payload->emplace(input));
  if (!has_body_members(shape)) return {};
  return read_body(request.body, shape, input);
}

http::Response RestJsonCodec::serialize(const ServiceModel&, const OperationModel& operation,
                                        const void* output, std::string_view request_id) const {
  const Shape& shape = *operation.output;
  http::Response response;
  response.status = operation.success_status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  write_bindings(shape, output, response);
  if (response.status == 204) return response;
  if (const Member* payload = payload_member(shape)) {
    write_payload(*payload, output, response);
  } else if (has_body_members(shape)) {
    response.headers.set("Content-Type", "application/json");
    write_json(response.body, shape, output);
  }
  return response;
}

http::Response RestJsonCodec::serialize_error(const ServiceModel& service, const ApiError& error,
                                              std::string_view request_id) const {
  http::Response response = error_response(service, error, request_id);
  response.headers.set("Content-Type", "application/json");
  response.headers.set("x-amzn-ErrorType", error.code);
  response.body = json_error_body(error, "");
  return response;
}

}  // namespace kiln::aws::protocol
