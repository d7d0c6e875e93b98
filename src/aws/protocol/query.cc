// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codecs.h"
#include "aws/protocol/form.h"
#include "aws/protocol/xml_writer.h"

namespace kiln::aws::protocol {
namespace {

void open_root(std::string& out, std::string_view name, std::string_view suffix,
               std::string_view xmlns) {
  out.append("<").append(name).append(suffix);
  if (!xmlns.empty()) {
    out.append(" xmlns=\"");
    append_xml_text(out, xmlns);
    out.append("\"");
  }
  out.append(">");
}

}  // namespace

ApiResult<void> QueryCodec::parse(const WireRequest& request, const OperationModel& operation,
                                  const std::map<std::string, std::string>& uri_labels,
                                  void* input) const {
  Form form;
  if (!parse_form(request.body, form) || !parse_form(request.query, form)) {
    return fail(ApiError{"MalformedQueryString", 400, "The query string contains a syntax error."});
  }
  for (const auto& [name, value] : uri_labels) form.emplace(name, value);
  return read_form(form, *operation.input, input);
}

http::Response QueryCodec::serialize(const ServiceModel& service, const OperationModel& operation,
                                     const void* output, std::string_view request_id) const {
  http::Response response;
  response.status = operation.success_status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", "text/xml");
  std::string& body = response.body;
  open_root(body, operation.name, "Response", service.xml_namespace);
  if (operation.result_wrapper.empty()) {
    write_xml_members(body, *operation.output, output);
  } else {
    write_xml(body, operation.result_wrapper, *operation.output, nullptr, output);
  }
  body += "<ResponseMetadata>";
  write_xml_text(body, "RequestId", request_id);
  body.append("</ResponseMetadata></").append(operation.name).append("Response>");
  return response;
}

http::Response QueryCodec::serialize_error(const ServiceModel& service, const ApiError& error,
                                           std::string_view request_id) const {
  http::Response response = error_response(service, error, request_id);
  response.headers.set("Content-Type", "text/xml");
  std::string& body = response.body;
  open_root(body, "ErrorResponse", "", service.xml_namespace);
  body += "<Error>";
  write_xml_text(body, "Type", error.sender_fault() ? "Sender" : "Receiver");
  write_xml_error(body, error);
  body += "</Error>";
  write_xml_text(body, "RequestId", request_id);
  body += "</ErrorResponse>";
  return response;
}

}  // namespace kiln::aws::protocol
