// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codec.h"

#include "aws/protocol/codecs.h"
#include "aws/protocol/json_writer.h"
#include "aws/protocol/rest.h"
#include "aws/protocol/xml_writer.h"
#include "base/crypto.h"
#include "base/encoding.h"

namespace kiln::aws::protocol {

const Codec* codec_for(Protocol protocol) {
  static const RestJsonCodec rest_json;
  static const JsonCodec json_10("application/x-amz-json-1.0");
  static const JsonCodec json_11("application/x-amz-json-1.1");
  static const QueryCodec query;
  static const RestXmlCodec rest_xml;
  static const CborCodec rpc_v2_cbor(true);
  static const CborCodec aws_cbor(false);
  switch (protocol) {
    case Protocol::kRestJson:
      return &rest_json;
    case Protocol::kJson10:
      return &json_10;
    case Protocol::kJson11:
      return &json_11;
    case Protocol::kQuery:
      return &query;
    case Protocol::kRestXml:
      return &rest_xml;
    case Protocol::kRpcV2Cbor:
      return &rpc_v2_cbor;
    case Protocol::kAwsCbor:
      break;
  }
  return &aws_cbor;
}

bool takes_stream(const OperationModel& operation) {
  const Member* payload = payload_member(*operation.input);
  return payload && payload->shape->kind == Kind::kByteStream;
}

std::string_view validation_code(const ServiceModel& service, Protocol protocol) {
  if (!service.validation_code.empty()) return service.validation_code;
  if (protocol == Protocol::kQuery) return "ValidationError";
  return protocol == Protocol::kRestXml ? "InvalidArgument" : "ValidationException";
}

void write_xml_error(std::string& out, const ApiError& error) {
  write_xml_text(out, "Code", error.query_code.empty() ? error.code : error.query_code);
  if (!error.message.empty()) write_xml_text(out, "Message", error.message);
  for (const auto& [name, value] : error.fields) write_xml_text(out, name, value);
  if (error.detail) write_xml_members(out, *error.detail_shape, error.detail.get());
}

void add_request_id(const ServiceModel& service, std::string_view request_id,
                    http::Response& response) {
  if (service.bare_errors) {
    response.headers.add("x-amz-request-id", std::string(request_id));
    response.headers.add("x-amz-id-2", host_id(request_id));
  } else {
    response.headers.add("x-amzn-RequestId", std::string(request_id));
  }
}

std::string host_id(std::string_view request_id) {
  const auto digest = sha256(request_id);
  return base64_encode(as_view(digest));
}

std::string qualified_code(const ServiceModel& service, const ApiError& error) {
  return "com.amazonaws." + std::string(service.id) + "#" + error.code;
}

void add_query_error(const ServiceModel& service, const ApiError& error, http::Response& response) {
  if (!service.query_compatible) return;
  std::string code = error.query_code.empty() ? error.code : std::string(error.query_code);
  response.headers.set("x-amzn-query-error",
                       code + (error.sender_fault() ? ";Sender" : ";Receiver"));
}

http::Response error_response(const ServiceModel& service, const ApiError& error,
                              std::string_view request_id) {
  http::Response response;
  response.status = error.http_status;
  add_request_id(service, request_id, response);
  if (error.detail) write_bindings(*error.detail_shape, error.detail.get(), response);
  response.status = error.http_status;
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  return response;
}

std::string json_error_body(const ApiError& error, std::string_view type) {
  std::string body = "{";
  auto add = [&body](std::string_view name, std::string_view value) {
    if (body.size() > 1) body.push_back(',');
    append_json_string(body, name);
    body.push_back(':');
    append_json_string(body, value);
  };
  if (!type.empty()) add("__type", type);
  for (const auto& [name, value] : error.fields) add(name, value);
  if (!error.message.empty()) add(error.message_name, error.message);
  if (error.detail) {
    std::string detail;
    write_json(detail, *error.detail_shape, error.detail.get());
    if (detail.size() > 2)
      body.append(body.size() > 1 ? "," : "").append(detail, 1, detail.size() - 2);
  }
  body.push_back('}');
  return body;
}

}  // namespace kiln::aws::protocol
