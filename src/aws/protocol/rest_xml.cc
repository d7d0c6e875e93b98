// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/codecs.h"
#include "aws/protocol/rest.h"
#include "aws/protocol/xml_reader.h"
#include "aws/protocol/xml_writer.h"

#include <algorithm>

namespace kiln::aws::protocol {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

ApiResult<void> read_body(std::string_view body, const Shape& shape, void* value) {
  auto done = read_xml(body, shape, value);
  if (done) return {};
  // S3's words; what is wrong exactly it does not say.
  return fail(ApiError{"MalformedXML", 400,
                       "The XML you provided was not well-formed or did not validate against our "
                       "published schema"});
}

std::string_view root_name(const Shape& shape) {
  return shape.xml_name.empty() ? shape.name : shape.xml_name;
}

void write_root(std::string_view name, const ServiceModel& service, const Shape& shape,
                const void* value, http::Response& response) {
  response.headers.set("Content-Type", "application/xml");
  response.body = kDeclaration;
  const bool own = shape.xml_prefix.empty() && !shape.xml_namespace.empty();
  write_xml_root(response.body, name, own ? shape.xml_namespace : service.xml_namespace, shape,
                 value);
}

bool has_uri_members(const Shape& shape) {
  return std::ranges::any_of(shape.members, [](const Member& member) {
    return member.location == Location::kQuery || member.location == Location::kUri;
  });
}

// The output's one member gives the root its content.
void write_unwrapped(const ServiceModel& service, const Shape& shape, const void* output,
                     http::Response& response) {
  std::string members;
  write_xml_members(members, shape, output);
  // <Name>text</Name>, of which the text is wanted.
  auto begin = members.find('>') + 1;
  auto end = members.rfind('<');
  response.headers.set("Content-Type", "application/xml");
  std::string& body = response.body;
  body = kDeclaration;
  body.append("<").append(root_name(shape)).append(" xmlns=\"");
  append_xml_text(body, service.xml_namespace);
  body.append("\">");
  if (!members.empty() && end > begin) body.append(members, begin, end - begin);
  body.append("</").append(root_name(shape)).append(">");
}

void write_payload(const Member& payload, const ServiceModel& service, const void* output,
                   http::Response& response) {
  if (write_raw_payload(payload, output, "application/octet-stream", "application/xml", response))
    return;
  const void* value = payload.get(output);
  if (!value) return;
  const bool renamed = payload.wire_name != payload.name;
  write_root(renamed ? payload.wire_name : root_name(*payload.shape), service, *payload.shape,
             value, response);
}

}  // namespace

ApiResult<void> RestXmlCodec::parse(const WireRequest& request, const OperationModel& operation,
                                    const std::map<std::string, std::string>& uri_labels,
                                    void* input) const {
  const Shape& shape = *operation.input;
  if (auto done = read_bindings(request, shape, uri_labels, input); !done) {
    if (done.error().code == "SerializationException") done.error().code = "InvalidArgument";
    return done;
  }
  const Member* payload = payload_member(shape);
  if (payload && read_raw_payload(*payload, request, input)) return {};
  if (request.body.empty()) return {};
  if (payload) return read_body(request.body, *payload->shape, payload->emplace(input));
  if (!has_body_members(shape)) return {};
  return read_body(request.body, shape, input);
}

http::Response RestXmlCodec::serialize(const ServiceModel& service, const OperationModel& operation,
                                       const void* output, std::string_view request_id) const {
  const Shape& shape = *operation.output;
  http::Response response;
  response.status = operation.success_status;
  add_request_id(service, request_id, response);
  write_bindings(shape, output, response);
  if (response.status == 204) return response;
  if (const Member* payload = payload_member(shape)) {
    write_payload(*payload, service, output, response);
  } else if (operation.unwrapped_output) {
    write_unwrapped(service, shape, output, response);
  } else if (has_body_members(shape) || has_uri_members(shape)) {
    write_root(root_name(shape), service, shape, output, response);
  }
  return response;
}

http::Response RestXmlCodec::serialize_error(const ServiceModel& service, const ApiError& error,
                                             std::string_view request_id) const {
  http::Response response = error_response(service, error, request_id);
  response.headers.set("Content-Type", "application/xml");
  std::string& body = response.body;
  if (service.bare_errors) {
    body.append(kDeclaration).append("<Error>");
    write_xml_error(body, error);
    write_xml_text(body, "RequestId", request_id);
    write_xml_text(body, "HostId", host_id(request_id));
    body += "</Error>";
    return response;
  }
  body += "<ErrorResponse";
  if (!service.xml_namespace.empty()) {
    body += " xmlns=\"";
    append_xml_text(body, service.xml_namespace);
    body += "\"";
  }
  body += "><Error>";
  write_xml_text(body, "Type", error.sender_fault() ? "Sender" : "Receiver");
  write_xml_error(body, error);
  body += "</Error>";
  write_xml_text(body, "RequestId", request_id);
  body += "</ErrorResponse>";
  return response;
}

}  // namespace kiln::aws::protocol
