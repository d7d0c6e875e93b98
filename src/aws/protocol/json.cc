// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codecs.h"
#include "aws/protocol/event_codec.h"
#include "aws/protocol/json_reader.h"
#include "aws/protocol/json_writer.h"
#include "aws/protocol/rest.h"

namespace kiln::aws::protocol {

ApiResult<void> JsonCodec::parse(const WireRequest& request, const OperationModel& operation,
                                 const std::map<std::string, std::string>&, void* input) const {
  if (request.body.empty()) return {};
  auto done = read_json(request.body, *operation.input, input);
  if (!done) return fail(serialization_error(done.error().message));
  return {};
}

http::Response JsonCodec::serialize(const ServiceModel&, const OperationModel& operation,
                                    const void* output, std::string_view request_id) const {
  http::Response response;
  response.status = operation.success_status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", std::string(content_type_));
  if (const Member* stream = event_stream_member(*operation.output)) {
    write_event_stream(*stream, output, "application/json", operation.output, response);
    return response;
  }
  // An operation without an output answers an empty body.
  if (operation.output != &kEmptyShape) write_json(response.body, *operation.output, output);
  return response;
}

http::Response JsonCodec::serialize_error(const ServiceModel& service, const ApiError& error,
                                          std::string_view request_id) const {
  http::Response response = error_response(service, error, request_id);
  response.headers.set("Content-Type", std::string(content_type_));
  add_query_error(service, error, response);
  response.body = json_error_body(
      error, service.query_compatible ? qualified_code(service, error) : error.code);
  return response;
}

}  // namespace kiln::aws::protocol
