// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/scalar.h"

#include "base/encoding.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace kiln::aws::protocol {
namespace {

template <class T>
bool parse_number(std::string_view text, void* out) {
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *static_cast<T*>(out));
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_double(std::string_view text, void* out) {
  auto& value = *static_cast<double*>(out);
  using Limits = std::numeric_limits<double>;
  if (text == "NaN") return value = Limits::quiet_NaN(), true;
  if (text == "Infinity") return value = Limits::infinity(), true;
  if (text == "-Infinity") return value = -Limits::infinity(), true;
  return parse_number<double>(text, out) && std::isfinite(value);
}

bool parse_time(TimeFormat format, std::string_view text, void* out) {
  auto& value = *static_cast<Timestamp*>(out);
  if (format == TimeFormat::kDefault || format == TimeFormat::kUnix) {
    double seconds = 0;
    if (parse_double(text, &seconds)) return from_unix(seconds, value);
  }
  if (format == TimeFormat::kDefault || format == TimeFormat::kIso8601) {
    if (auto time = parse_iso8601(text)) return value = *time, true;
  }
  if (format == TimeFormat::kDefault || format == TimeFormat::kHttpDate) {
    if (auto time = parse_http_date(text)) return value = *time, true;
  }
  return false;
}

}  // namespace

bool is_scalar(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kStructure:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kByteStream:
    case Kind::kEventStream:
      return false;
    default:
      return true;
  }
}

TimeFormat time_format(const Member* member, const Shape& shape, TimeFormat otherwise) {
  if (member && member->time_format != TimeFormat::kDefault) return member->time_format;
  return shape.time_format != TimeFormat::kDefault ? shape.time_format : otherwise;
}

bool parse_scalar(const Shape& shape, TimeFormat format, std::string_view text, void* out) {
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kDocument:
      *static_cast<std::string*>(out) = text;
      return is_valid_utf8(text);
    case Kind::kBlob: {
      auto bytes = base64_decode(text);
      if (bytes) *static_cast<std::string*>(out) = std::move(*bytes);
      return bytes.has_value();
    }
    case Kind::kBoolean:
      *static_cast<bool*>(out) = text == "true";
      return text == "true" || text == "false";
    case Kind::kInteger:
      return parse_number<std::int32_t>(text, out);
    case Kind::kLong:
      return parse_number<std::int64_t>(text, out);
    case Kind::kFloat:
    case Kind::kDouble:
      return parse_double(text, out);
    case Kind::kTimestamp:
      return parse_time(format, text, out);
    case Kind::kStructure:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kByteStream:
    case Kind::kEventStream:
      break;
  }
  return false;
}

std::string format_scalar(const Shape& shape, TimeFormat format, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kDocument:
      return *static_cast<const std::string*>(value);
    case Kind::kBlob:
      return base64_encode(*static_cast<const std::string*>(value));
    case Kind::kBoolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong:
      return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kFloat:
    case Kind::kDouble:
      return format_double(*static_cast<const double*>(value));
    case Kind::kTimestamp: {
      Timestamp time = *static_cast<const Timestamp*>(value);
      if (format == TimeFormat::kHttpDate) return format_http_date(time);
      if (format == TimeFormat::kUnix) return format_unix(time);
      return format_iso8601(time);
    }
    case Kind::kStructure:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kByteStream:
    case Kind::kEventStream:
      break;
  }
  return {};
}

std::string format_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string format_unix(Timestamp time) {
  std::int64_t ms = time.ms;
  std::string out = ms < 0 ? "-" : "";
  auto magnitude = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  out += std::to_string(magnitude / 1000);
  if (auto fraction = magnitude % 1000) {
    std::string digits = std::to_string(1000 + fraction).substr(1);
    while (digits.back() == '0') digits.pop_back();
    out += "." + digits;
  }
  return out;
}

bool from_unix(double seconds, Timestamp& out) {
  // Year 9999; past it no text form holds the time.
  if (!(std::fabs(seconds) <= 253402300799.0)) return false;
  out.ms = std::llround(seconds * 1000);
  return true;
}

std::string_view java_name(Kind kind) {
  switch (kind) {
    case Kind::kString:
      return "String";
    case Kind::kBlob:
      return "Blob";
    case Kind::kBoolean:
      return "Boolean";
    case Kind::kInteger:
      return "Integer";
    case Kind::kLong:
      return "Long";
    case Kind::kFloat:
      return "Float";
    case Kind::kDouble:
      return "Double";
    case Kind::kTimestamp:
      return "Timestamp";
    case Kind::kStructure:
      return "Structure";
    case Kind::kList:
      return "List";
    case Kind::kMap:
      return "Map";
    case Kind::kDocument:
      return "Document";
    case Kind::kByteStream:
    case Kind::kEventStream:
      return "Stream";
  }
  return "Unknown";
}

}  // namespace kiln::aws::protocol
