// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/json_writer.h"

#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <cmath>

namespace kiln::aws::protocol {
namespace {

void write_structure(std::string& out, const Shape& shape, const void* value) {
  out.push_back('{');
  bool first = true;
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody || member.shape->kind == Kind::kEventStream) continue;
    const void* field = member.get(value);
    if (!field) continue;
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, member.wire_name);
    out.push_back(':');
    write_json(out, *member.shape, field, &member);
  }
  out.push_back('}');
}

void write_map(std::string& out, const Shape& shape, const void* value) {
  struct Context {
    std::string& out;
    const Shape& element;
    bool first = true;
  } context{out, *shape.element};
  out.push_back('{');
  shape.for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& c = *static_cast<Context*>(raw);
    if (!c.first) c.out.push_back(',');
    c.first = false;
    append_json_string(c.out, key);
    c.out.push_back(':');
    write_json(c.out, c.element, item);
  });
  out.push_back('}');
}

void write_scalar(std::string& out, const Shape& shape, const void* value, const Member* member) {
  TimeFormat format = time_format(member, shape, TimeFormat::kUnix);
  bool quoted = false;
  switch (shape.kind) {
    case Kind::kString:
      return append_json_string(out, *static_cast<const std::string*>(value));
    case Kind::kBlob:
      quoted = true;
      break;
    case Kind::kFloat:
    case Kind::kDouble:
      quoted = !std::isfinite(*static_cast<const double*>(value));
      break;
    case Kind::kTimestamp:
      quoted = format != TimeFormat::kUnix;
      break;
    default:
      break;
  }
  if (quoted) out.push_back('"');
  out += format_scalar(shape, format, value);
  if (quoted) out.push_back('"');
}

}  // namespace

void write_json(std::string& out, const Shape& shape, const void* value, const Member* member) {
  switch (shape.kind) {
    case Kind::kStructure:
      return write_structure(out, shape, value);
    case Kind::kMap:
      return write_map(out, shape, value);
    case Kind::kList:
      out.push_back('[');
      for (std::size_t i = 0, n = shape.size(value); i < n; ++i) {
        if (i > 0) out.push_back(',');
        write_json(out, *shape.element, shape.at(value, i));
      }
      out.push_back(']');
      return;
    default:
      return write_scalar(out, shape, value, member);
  }
}

}  // namespace kiln::aws::protocol
