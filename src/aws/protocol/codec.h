// SPDX-License-Identifier: Apache-2.0
#pragma once
// Codec turns HTTP requests into operation inputs and outputs into HTTP responses, one per
// protocol.
//
// Stateless. Parsing refuses what the protocol refuses with AWS's error and message; it does not
// validate constraints (aws/protocol/validate.h does). Unknown members are ignored. Nesting deeper
// than kMaxDepth is an error. Bodies are parsed straight into the structs: no DOM.

#include "aws/api_error.h"
#include "aws/operation.h"
#include "aws/stream.h"
#include "http/message.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::aws::protocol {

inline constexpr int kMaxDepth = 128;

// One HTTP request with its body in memory or mapped; views stay valid during parse().
struct WireRequest {
  std::string_view method;
  std::string_view path;   // raw, percent-encoded, without the query
  std::string_view query;  // raw, without '?'
  const http::Headers* headers = nullptr;
  std::string_view body;
  // For an operation whose payload streams; without one, it reads `body`.
  ByteStream stream = {};
};

class Codec {
 public:
  virtual ~Codec() = default;
  // Fills `input` (a struct of operation.input). uri_labels come from routing, percent-decoded.
  virtual ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                                const std::map<std::string, std::string>& uri_labels,
                                void* input) const = 0;
  // A stream in `output` becomes the response's producer; nothing else of `output` is kept.
  virtual http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                                   const void* output, std::string_view request_id) const = 0;
  virtual http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                         std::string_view request_id) const = 0;
};

// True when the operation reads its payload as a stream: WireRequest::stream.
bool takes_stream(const OperationModel& operation);
// The code of a broken constraint: "ValidationException", "ValidationError", "InvalidArgument".
std::string_view validation_code(const ServiceModel& service, Protocol protocol);

// The codec of a protocol; never null.
const Codec* codec_for(Protocol protocol);

}  // namespace kiln::aws::protocol
