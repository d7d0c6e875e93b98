// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/cbor_reader.h"
#include "aws/protocol/cbor_writer.h"
#include "aws/protocol/codecs.h"
#include "aws/protocol/event_codec.h"
#include "aws/protocol/rest.h"

namespace kiln::aws::protocol {

http::Response CborCodec::head(int status, std::string_view request_id) const {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  if (rpc_v2_) response.headers.add("smithy-protocol", "rpc-v2-cbor");
  response.headers.add("Content-Type", rpc_v2_ ? "application/cbor" : "application/x-amz-cbor-1.1");
  return response;
}

ApiResult<void> CborCodec::parse(const WireRequest& request, const OperationModel& operation,
                                 const std::map<std::string, std::string>&, void* input) const {
  if (request.body.empty()) return {};
  auto done = read_cbor(request.body, *operation.input, input,
                        rpc_v2_ ? CborTime::kSeconds : CborTime::kMilliseconds);
  if (!done) return fail(serialization_error(done.error()));
  return {};
}

http::Response CborCodec::serialize(const ServiceModel&, const OperationModel& operation,
                                    const void* output, std::string_view request_id) const {
  http::Response response = head(operation.success_status, request_id);
  if (operation.output == &kEmptyShape) {
    response.headers.remove("Content-Type");
  } else if (const Member* stream = event_stream_member(*operation.output)) {
    write_event_stream(*stream, output, "application/cbor", operation.output, response);
  } else {
    write_cbor(response.body, *operation.output, output,
               rpc_v2_ ? CborTime::kSeconds : CborTime::kMilliseconds);
  }
  return response;
}

http::Response CborCodec::serialize_error(const ServiceModel& service, const ApiError& error,
                                          std::string_view request_id) const {
  http::Response response = head(error.http_status, request_id);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  add_query_error(service, error, response);
  response.body = cbor_error_body(error, qualified_code(service, error));
  return response;
}

}  // namespace kiln::aws::protocol
