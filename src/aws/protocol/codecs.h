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

class RestXmlCodec final : public Codec {
 public:
  ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                        const std::map<std::string, std::string>& uri_labels,
                        void* input) const override;
  http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                           const void* output, std::string_view request_id) const override;
  http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                 std::string_view request_id) const override;
};

// rpc-v2-cbor, and the older CBOR that is json 1.1 in other bytes: its times are milliseconds.
class CborCodec final : public Codec {
 public:
  explicit CborCodec(bool rpc_v2) : rpc_v2_(rpc_v2) {}
  ApiResult<void> parse(const WireRequest& request, const OperationModel& operation,
                        const std::map<std::string, std::string>& uri_labels,
                        void* input) const override;
  http::Response serialize(const ServiceModel& service, const OperationModel& operation,
                           const void* output, std::string_view request_id) const override;
  http::Response serialize_error(const ServiceModel& service, const ApiError& error,
                                 std::string_view request_id) const override;

 private:
  http::Response head(int status, std::string_view request_id) const;
  bool rpc_v2_;
};

// <Code>, <Message> and what else an error has.
void write_xml_error(std::string& out, const ApiError& error);
// Headers that name the request, as the service spells them.
void add_request_id(const ServiceModel& service, std::string_view request_id,
                    http::Response& response);
// x-amz-id-2: opaque, the same for the same request.
std::string host_id(std::string_view request_id);
// "com.amazonaws.sqs#QueueDoesNotExist"
std::string qualified_code(const ServiceModel& service, const ApiError& error);
// x-amzn-query-error, for services that have it.
void add_query_error(const ServiceModel& service, const ApiError& error, http::Response& response);

// Status, extra headers and request id that every error answer has.
http::Response error_response(const ServiceModel& service, const ApiError& error,
                              std::string_view request_id);
// {"<fields>": ..., "<message name>": ...}; `type` goes first as "__type" unless empty.
std::string json_error_body(const ApiError& error, std::string_view type);

}  // namespace kiln::aws::protocol
