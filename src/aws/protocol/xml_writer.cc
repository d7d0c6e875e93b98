// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/xml_writer.h"

#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <algorithm>

namespace kiln::aws::protocol {
namespace {

void open(std::string& out, std::string_view name) { out.append("<").append(name).append(">"); }
void close(std::string& out, std::string_view name) { out.append("</").append(name).append(">"); }

bool is_flattened(const Shape& shape, const Member* member) {
  return shape.flattened || (member && member->flattened);
}

void declare(std::string& out, std::string_view prefix, std::string_view uri) {
  if (uri.empty()) return;
  out.append(prefix.empty() ? " xmlns" : " xmlns:").append(prefix).append("=\"");
  append_xml_text(out, uri);
  out.append("\"");
}

void write_list(std::string& out, std::string_view name, const Shape& shape, bool flattened,
                const void* value) {
  std::string_view element = flattened ? name : shape.element_name;
  if (!flattened) open(out, name);
  for (std::size_t i = 0, n = shape.size(value); i < n; ++i)
    write_xml(out, element, *shape.element, nullptr, shape.at(value, i));
  if (!flattened) close(out, name);
}

void write_map(std::string& out, std::string_view name, const Shape& shape, bool flattened,
               const void* value) {
  struct Context {
    std::string& out;
    const Shape& shape;
    std::string_view entry;
  } context{out, shape, flattened ? name : "entry"};
  if (!flattened) open(out, name);
  shape.for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& c = *static_cast<Context*>(raw);
    open(c.out, c.entry);
    open(c.out, c.shape.key_name);
    append_xml_text(c.out, key);
    close(c.out, c.shape.key_name);
    write_xml(c.out, c.shape.value_name, *c.shape.element, nullptr, item);
    close(c.out, c.entry);
  });
  if (!flattened) close(out, name);
}

void write_structure(std::string& out, std::string_view name, std::string_view xmlns,
                     const Shape& shape, const void* value) {
  out.append("<").append(name);
  declare(out, "", xmlns);
  if (xmlns.empty() || !shape.xml_prefix.empty())
    declare(out, shape.xml_prefix, shape.xml_namespace);
  for (const Member& member : shape.members) {
    const void* field = member.xml_attribute ? member.get(value) : nullptr;
    if (!field) continue;
    out.append(" ").append(member.wire_name).append("=\"");
    append_xml_text(out, format_scalar(*member.shape, TimeFormat::kIso8601, field));
    out.append("\"");
  }
  out.append(">");
  write_xml_members(out, shape, value);
  close(out, name);
}

// Whether XML 1.0 can hold what lies between two ends of utf8_sequence.
bool is_xml_character(std::string_view c) {
  if (c.size() == 1) return static_cast<unsigned char>(c[0]) >= 0x20 && c[0] >= 0;
  return c != "\xEF\xBF\xBE" && c != "\xEF\xBF\xBF";
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      case '\t':
        out += "&#x9;";
        break;
      default:
        length = std::max<std::size_t>(utf8_sequence(text), 1);
        out += is_xml_character(text.substr(0, length)) ? text.substr(0, length) : "\xEF\xBF\xBD";
    }
    text.remove_prefix(length);
  }
}

std::string_view xml_member_name(const Member& member) {
  return member.query_name.empty() ? member.wire_name : member.query_name;
}

void write_xml_text(std::string& out, std::string_view name, std::string_view text) {
  open(out, name);
  append_xml_text(out, text);
  close(out, name);
}

void write_xml_root(std::string& out, std::string_view name, std::string_view xmlns,
                    const Shape& shape, const void* value) {
  write_structure(out, name, xmlns, shape, value);
}

void write_xml(std::string& out, std::string_view name, const Shape& shape, const Member* member,
               const void* value) {
  switch (shape.kind) {
    case Kind::kStructure:
      return write_structure(out, name, "", shape, value);
    case Kind::kList:
      return write_list(out, name, shape, is_flattened(shape, member), value);
    case Kind::kMap:
      return write_map(out, name, shape, is_flattened(shape, member), value);
    default:
      open(out, name);
      append_xml_text(
          out, format_scalar(shape, time_format(member, shape, TimeFormat::kIso8601), value));
      close(out, name);
  }
}

void write_xml_members(std::string& out, const Shape& shape, const void* value) {
  for (const Member& member : shape.members) {
    // An output has no URI: what the model binds to one is in the body.
    const bool elsewhere = member.location != Location::kBody &&
                           member.location != Location::kQuery && member.location != Location::kUri;
    if (member.xml_attribute || elsewhere) continue;
    if (const void* field = member.get(value))
      write_xml(out, xml_member_name(member), *member.shape, &member, field);
  }
}

}  // namespace kiln::aws::protocol
