// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/model/message.h"

#include "base/checksum.h"
#include "base/encoding.h"
#include "base/fields.h"
#include "gen/sqs/errors.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace kiln::sqs {
namespace {

constexpr std::size_t kMaxAttributes = 10;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxTypeBytes = 256;
constexpr std::size_t kMaxIdBytes = 128;
constexpr std::size_t kMaxTraceHeader = 4'096;
constexpr int kMaxDigits = 38;

aws::ApiError invalid(std::string message) {
  return {"InvalidParameterValue", 400, std::move(message)};
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF
bool has_allowed_characters(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      if (c < 0x20 && c != 9 && c != 10 && c != 13) return false;
      ++at;
      continue;
    }
    const std::size_t size = utf8_sequence(text.substr(at));
    if (size == 0) return false;
    // U+FFFE and U+FFFF
    if (size == 3 && text.substr(at, 2) == "\xEF\xBF" &&
        static_cast<unsigned char>(text[at + 2]) >= 0xBE) {
      return false;
    }
    at += size;
  }
  return true;
}

bool is_attribute_name(std::string_view name) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
  };
  if (name.empty() || name.size() > kMaxNameBytes || !std::ranges::all_of(name, allowed))
    return false;
  if (name.front() == '.' || name.back() == '.' || name.contains("..")) return false;
  std::string lower(name.substr(0, 7));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return !lower.starts_with("aws.") && !lower.starts_with("amazon.");
}

bool is_attribute_type(std::string_view type) {
  if (type.empty() || type.size() > kMaxTypeBytes) return false;
  const auto base = type.substr(0, type.find('.'));
  return base == "String" || base == "Number" || base == "Binary";
}

// Up to 38 digits, between 10^-128 and 10^126.
bool is_number(const std::string& text) {
  std::size_t digits = 0;
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point) {
      point = true;
    } else if (text[at] >= '0' && text[at] <= '9') {
      ++digits;
    } else {
      break;
    }
  }
  if (digits == 0 || digits > kMaxDigits) return false;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return false;
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (at == text.size() || text.size() - at > 4) return false;
    if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; })) {
      return false;
    }
  }
  const double magnitude = std::fabs(std::strtod(text.c_str(), nullptr));
  return magnitude == 0 || (magnitude >= 1e-128 && magnitude <= 1e126);
}

std::optional<aws::ApiError> attribute_fault(const std::string& name, const Attribute& attribute) {
  if (!is_attribute_name(name)) {
    return invalid("The message attribute name '" + name +
                   "' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen "
                   "(-), and period (.) characters.");
  }
  if (attribute.type.empty()) {
    return invalid("The message attribute '" + name +
                   "' must contain a non-empty message attribute type.");
  }
  if (!is_attribute_type(attribute.type)) {
    return invalid("The message attribute '" + name +
                   "' has an invalid message attribute type, the set of supported type prefixes is "
                   "Binary, Number, and String.");
  }
  if (attribute.value.empty()) {
    return invalid("The message attribute '" + name +
                   "' must contain non-empty message attribute value for message attribute type '" +
                   attribute.type + "'.");
  }
  if (attribute.binary()) return std::nullopt;
  if (!has_allowed_characters(attribute.value)) {
    return invalid("The message attribute '" + name +
                   "' contains characters that are not allowed.");
  }
  if (attribute.type.starts_with("Number") && !is_number(attribute.value)) {
    return invalid("Can't cast the value of message (user) attribute '" + name + "' to a number.");
  }
  return std::nullopt;
}

void append_length(std::string& out, std::size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
}

}  // namespace

std::optional<aws::ApiError> message_fault(const Message& message, std::int64_t max_bytes) {
  if (message.body.empty()) {
    return aws::ApiError{"MissingParameter", 400,
                         "The request must contain the parameter MessageBody."};
  }
  if (message_bytes(message) > max_bytes) {
    return invalid("One or more parameters are invalid. Reason: Message must be shorter than " +
                   std::to_string(max_bytes) + " bytes.");
  }
  if (!has_allowed_characters(message.body)) {
    return gen::sqs::invalid_message_contents(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
        "#xE000 to #xFFFD | #x10000 to #x10FFFF");
  }
  if (message.attributes.size() > kMaxAttributes) {
    return invalid("Number of message attributes [" + std::to_string(message.attributes.size()) +
                   "] exceeds the allowed maximum [10].");
  }
  for (const auto& [name, attribute] : message.attributes) {
    if (auto fault = attribute_fault(name, attribute)) return fault;
  }
  if (message.trace_header.size() > kMaxTraceHeader) {
    return invalid("The message system attribute 'AWSTraceHeader' is too long.");
  }
  return std::nullopt;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::int64_t message_bytes(const Message& message) {
  std::size_t out = message.body.size();
  for (const auto& [name, attribute] : message.attributes) {
    out += name.size() + attribute.type.size() + attribute.value.size();
  }
  return static_cast<std::int64_t>(out);
}

std::string md5_hex(std::string_view bytes) {
  return hex_encode(checksum(ChecksumKind::kMd5, bytes));
}

std::string md5_of(const Attributes& attributes) {
  if (attributes.empty()) return {};
  std::string out;
  for (const auto& [name, attribute] : attributes) {
    append_length(out, name.size());
    out += name;
    append_length(out, attribute.type.size());
    out += attribute.type;
    out.push_back(attribute.binary() ? '\2' : '\1');
    append_length(out, attribute.value.size());
    out += attribute.value;
  }
  return md5_hex(out);
}

std::string encode(const Message& message) {
  FieldWriter out;
  out.text(message.body).text(message.sender_id).text(message.trace_header);
  out.text(message.group_id).text(message.deduplication_id);
  out.number(static_cast<std::int64_t>(message.attributes.size()));
  for (const auto& [name, attribute] : message.attributes) {
    out.text(name).text(attribute.type).text(attribute.value);
  }
  return out.bytes();
}

Result<Message> decode_message(std::string_view bytes) {
  FieldReader in(bytes);
  Message out;
  out.body = in.text();
  out.sender_id = in.text();
  out.trace_header = in.text();
  out.group_id = in.text();
  out.deduplication_id = in.text();
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    std::string name = in.text();
    Attribute& attribute = out.attributes[std::move(name)];
    attribute.type = in.text();
    attribute.value = in.text();
  }
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const DeduplicationRecord& record) {
  return FieldWriter()
      .text(record.message_id)
      .number(record.sequence)
      .number(record.ends_ms)
      .bytes();
}

Result<DeduplicationRecord> decode_deduplication(std::string_view bytes) {
  FieldReader in(bytes);
  DeduplicationRecord out{in.text(), in.number(), in.number()};
  KILN_TRY_VOID(in.status());
  return out;
}

std::string encode(const AttemptRecord& record) {
  FieldWriter out;
  out.number(record.ends_ms).number(static_cast<std::int64_t>(record.tokens.size()));
  for (const std::string& token : record.tokens) out.text(token);
  return out.bytes();
}

Result<AttemptRecord> decode_attempt(std::string_view bytes) {
  FieldReader in(bytes);
  AttemptRecord out{.ends_ms = in.number(), .tokens = {}};
  for (std::int64_t left = in.number(); left > 0 && in.status(); --left) {
    out.tokens.push_back(in.text());
  }
  KILN_TRY_VOID(in.status());
  return out;
}

bool selects(std::string_view pattern, std::string_view name) {
  if (pattern == "All" || pattern == ".*") return true;
  if (pattern.ends_with(".*")) {
    pattern.remove_suffix(2);
    return name.starts_with(pattern);
  }
  return pattern == name;
}

std::string encode(const Receipt& receipt) {
  return base64_encode(
      FieldWriter().text(receipt.queue_id).text(receipt.token).number(receipt.received_ms).bytes());
}

std::optional<Receipt> decode_receipt(std::string_view handle) {
  const auto bytes = base64_decode(handle);
  if (!bytes) return std::nullopt;
  FieldReader in(*bytes);
  Receipt out{in.text(), in.text(), in.number()};
  if (!in.status() || !in.at_end()) return std::nullopt;
  return out;
}

}  // namespace kiln::sqs
