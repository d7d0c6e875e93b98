// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/cbor_writer.h"

#include <bit>
#include <cstdint>

namespace kiln::aws::protocol {
namespace {

enum Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
constexpr std::uint64_t kEpochTag = 1;

void put(std::string& out, std::uint64_t bits, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(bits >> shift & 0xFF));
}

void head(std::string& out, Major major, std::uint64_t argument) {
  const auto top = static_cast<unsigned>(major) << 5;
  auto first = [&out, top](unsigned info) { out.push_back(static_cast<char>(top | info)); };
  if (argument < 24) return first(static_cast<unsigned>(argument));
  if (argument <= 0xFF) return first(24), put(out, argument, 1);
  if (argument <= 0xFFFF) return first(25), put(out, argument, 2);
  if (argument <= 0xFFFFFFFF) return first(26), put(out, argument, 4);
  first(27), put(out, argument, 8);
}

void text(std::string& out, std::string_view value) {
  head(out, kText, value.size());
  out.append(value);
}

void integer(std::string& out, std::int64_t value) {
  if (value >= 0) return head(out, kUnsigned, static_cast<std::uint64_t>(value));
  head(out, kNegative, static_cast<std::uint64_t>(-(value + 1)));
}

void real(std::string& out, double value) {
  out.push_back('\xFB');
  put(out, std::bit_cast<std::uint64_t>(value), 8);
}

void timestamp(std::string& out, Timestamp value, CborTime time) {
  head(out, kTag, kEpochTag);
  if (time == CborTime::kMilliseconds) return integer(out, value.ms);
  if (value.ms % 1000 == 0) return integer(out, value.ms / 1000);
  real(out, static_cast<double>(value.ms) / 1000);
}

const void* body_field(const Member& member, const void* value) {
  const bool in_body =
      member.location == Location::kBody && member.shape->kind != Kind::kEventStream;
  return in_body ? member.get(value) : nullptr;
}

std::uint64_t count_fields(const Shape& shape, const void* value) {
  std::uint64_t count = 0;
  for (const Member& member : shape.members) count += body_field(member, value) ? 1 : 0;
  return count;
}

void fields(std::string& out, const Shape& shape, const void* value, CborTime time) {
  for (const Member& member : shape.members) {
    const void* field = body_field(member, value);
    if (!field) continue;
    text(out, member.wire_name);
    write_cbor(out, *member.shape, field, time);
  }
}

void map(std::string& out, const Shape& shape, const void* value, CborTime time) {
  std::uint64_t count = 0;
  shape.for_each(value, &count, [](void* n, const std::string&, const void*) {
    ++*static_cast<std::uint64_t*>(n);
  });
  head(out, kMap, count);
  struct Context {
    std::string& out;
    const Shape& element;
    CborTime time;
  } context{out, *shape.element, time};
  shape.for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& c = *static_cast<Context*>(raw);
    text(c.out, key);
    write_cbor(c.out, c.element, item, c.time);
  });
}

}  // namespace

void write_cbor(std::string& out, const Shape& shape, const void* value, CborTime time) {
  switch (shape.kind) {
    case Kind::kStructure:
      head(out, kMap, count_fields(shape, value));
      return fields(out, shape, value, time);
    case Kind::kMap:
      return map(out, shape, value, time);
    case Kind::kList:
      head(out, kArray, shape.size(value));
      for (std::size_t i = 0, n = shape.size(value); i < n; ++i)
        write_cbor(out, *shape.element, shape.at(value, i), time);
      return;
    case Kind::kBlob:
      head(out, kBytes, static_cast<const std::string*>(value)->size());
      out += *static_cast<const std::string*>(value);
      return;
    case Kind::kBoolean:
      out.push_back(*static_cast<const bool*>(value) ? '\xF5' : '\xF4');
      return;
    case Kind::kInteger:
      return integer(out, *static_cast<const std::int32_t*>(value));
    case Kind::kLong:
      return integer(out, *static_cast<const std::int64_t*>(value));
    case Kind::kFloat:
      out.push_back('\xFA');
      return put(
          out, std::bit_cast<std::uint32_t>(static_cast<float>(*static_cast<const double*>(value))),
          4);
    case Kind::kDouble:
      return real(out, *static_cast<const double*>(value));
    case Kind::kTimestamp:
      return timestamp(out, *static_cast<const Timestamp*>(value), time);
    case Kind::kString:
    case Kind::kDocument:
      return text(out, *static_cast<const std::string*>(value));
    case Kind::kByteStream:
    case Kind::kEventStream:
      out.push_back('\xF6');
  }
}

std::string cbor_error_body(const ApiError& error, std::string_view type) {
  std::string out;
  std::uint64_t count =
      error.fields.size() + (type.empty() ? 0 : 1) + (error.message.empty() ? 0 : 1);
  if (error.detail) count += count_fields(*error.detail_shape, error.detail.get());
  head(out, kMap, count);
  if (!type.empty()) text(out, "__type"), text(out, type);
  for (const auto& [name, value] : error.fields) text(out, name), text(out, value);
  if (!error.message.empty()) text(out, error.message_name), text(out, error.message);
  if (error.detail) fields(out, *error.detail_shape, error.detail.get(), CborTime::kSeconds);
  return out;
}

}  // namespace kiln::aws::protocol
