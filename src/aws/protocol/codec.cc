// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codec.h"

#include "aws/protocol/codecs.h"
#include "base/encoding.h"

namespace kiln::aws::protocol {

const Codec* codec_for(Protocol protocol) {
  static const RestJsonCodec rest_json;
  static const JsonCodec json_10("application/x-amz-json-1.0");
  static const JsonCodec json_11("application/x-amz-json-1.1");
  static const QueryCodec query;
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
    case Protocol::kRpcV2Cbor:
      break;
  }
  return nullptr;
}

http::Response error_response(const ApiError& error, std::string_view request_id) {
  http::Response response;
  response.status = error.http_status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
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
  body.push_back('}');
  return body;
}

}  // namespace kiln::aws::protocol
