// SPDX-License-Identifier: Apache-2.0
#pragma once
// The codecs behind codec_for(), one a file.

#include "aws/protocol/codec.h"

namespace kiln::aws::protocol {

class RestJsonCodec final : public Codec {
 public:
  ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                        const std::map<std::string, std::string>& uri_labels,
                        void* input) const override;
  http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                           const void* output, std::string_view request_id) const override;
  http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                 std::string_view request_id) const override;
};

// json 1.0 and 1.1 differ in their content type.
class JsonCodec final : public Codec {
 public:
  explicit JsonCodec(std::string_view content_type) : content_type_(content_type) {}
  ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                        const std::map<std::string, std::string>& uri_labels,
                        void* input) const override;
  http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                           const void* output, std::string_view request_id) const override;
  http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                 std::string_view request_id) const override;

 private:
  std::string_view content_type_;
};

class QueryCodec final : public Codec {
 public:
  ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                        const std::map<std::string, std::string>& uri_labels,
                        void* input) const override;
  http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                           const void* output, std::string_view request_id) const override;
  http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                 std::string_view request_id) const override;
};

// Status, extra headers and request id that every error answer has.
http::Response error_response(const ApiError& error, std::string_view request_id);
// {"<fields>": ..., "<message name>": ...}; `type` goes first as "__type" unless empty.
std::string json_error_body(const ApiError& error, std::string_view type);

}  // namespace kiln::aws::protocol
