// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/event_stream.h"

#include "base/crypto.h"

#include <concepts>
#include <type_traits>

namespace kiln::aws::protocol {
namespace {

constexpr std::size_t kPrelude = 12;
constexpr std::size_t kOverhead = kPrelude + 4;
constexpr std::size_t kMaxText = 32'767;

enum Type : std::uint8_t {
  kTrue,
  kFalse,
  kByte,
  kShort,
  kInt,
  kLong,
  kBytes,
  kString,
  kTimestamp,
  kUuid
};

template <std::integral T>
void put(std::string& out, T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(bits) >> shift & 0xFF));
}

void put_type(std::string& out, Type type) { out.push_back(static_cast<char>(type)); }

bool put_text(std::string& out, Type type, std::string_view text) {
  put_type(out, type);
  put(out, static_cast<std::uint16_t>(text.size()));
  out.append(text);
  return text.size() <= kMaxText;
}

struct Encode {
  std::string& out;
  bool operator()(bool b) const { return put_type(out, b ? kTrue : kFalse), true; }
  bool operator()(std::int8_t v) const { return put_type(out, kByte), put(out, v), true; }
  bool operator()(std::int16_t v) const { return put_type(out, kShort), put(out, v), true; }
  bool operator()(std::int32_t v) const { return put_type(out, kInt), put(out, v), true; }
  bool operator()(std::int64_t v) const { return put_type(out, kLong), put(out, v), true; }
  bool operator()(const EventBytes& v) const { return put_text(out, kBytes, v.bytes); }
  bool operator()(const std::string& v) const { return put_text(out, kString, v); }
  bool operator()(Timestamp v) const { return put_type(out, kTimestamp), put(out, v.ms), true; }
  bool operator()(const EventUuid& v) const {
    put_type(out, kUuid);
    out.append(reinterpret_cast<const char*>(v.data()), v.size());
    return true;
  }
};

// Reads numbers and texts off the front; `ok` falls when there are too few bytes.
struct Reader {
  std::string_view rest;
  bool ok = true;

  std::string_view take(std::size_t n) {
    if (rest.size() < n) ok = false;
    auto out = rest.substr(0, ok ? n : 0);
    rest.remove_prefix(out.size());
    return out;
  }
  template <std::integral T>
  T number() {
    std::uint64_t bits = 0;
    for (char c : take(sizeof(T))) bits = bits << 8 | static_cast<unsigned char>(c);
    return static_cast<T>(bits);
  }
  std::string text() { return std::string(take(number<std::uint16_t>())); }
};

EventHeader read_value(Reader& in) {
  switch (in.number<std::uint8_t>()) {
    case kTrue:
      return true;
    case kFalse:
      return false;
    case kByte:
      return in.number<std::int8_t>();
    case kShort:
      return in.number<std::int16_t>();
    case kInt:
      return in.number<std::int32_t>();
    case kLong:
      return in.number<std::int64_t>();
    case kBytes:
      return EventBytes{in.text()};
    case kString:
      return in.text();
    case kTimestamp:
      return Timestamp{in.number<std::int64_t>()};
    case kUuid: {
      EventUuid uuid{};
      auto bytes = in.take(uuid.size());
      for (std::size_t i = 0; i < bytes.size(); ++i) uuid[i] = static_cast<std::uint8_t>(bytes[i]);
      return uuid;
    }
    default:
      in.ok = false;
      return false;
  }
}

bool read_headers(std::string_view bytes, EventMessage& message) {
  Reader in{bytes};
  while (in.ok && !in.rest.empty()) {
    std::string name(in.take(in.number<std::uint8_t>()));
    auto value = read_value(in);
    message.headers.emplace_back(std::move(name), std::move(value));
  }
  return in.ok;
}

}  // namespace

std::string_view EventMessage::text(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
  }
  return {};
}

Result<std::string> encode_event(const EventMessage& message) {
  std::string headers;
  bool fits = message.payload.size() <= kMaxEventPayloadBytes;
  for (const auto& [name, value] : message.headers) {
    fits = fits && !name.empty() && name.size() <= 255;
    headers.push_back(static_cast<char>(name.size()));
    headers += name;
    fits = std::visit(Encode{headers}, value) && fits;
  }
  if (!fits || headers.size() > kMaxEventHeaderBytes)
    return fail(ErrorCode::kLimitExceeded, "an event is too large for its framing");
  std::string out;
  out.reserve(headers.size() + message.payload.size() + kOverhead);
  put(out, static_cast<std::uint32_t>(headers.size() + message.payload.size() + kOverhead));
  put(out, static_cast<std::uint32_t>(headers.size()));
  put(out, crc32(out));
  out += headers;
  out += message.payload;
  put(out, crc32(out));
  return out;
}

Result<std::optional<EventMessage>> EventDecoder::next() {
  auto stop = [this](ErrorCode code, std::string what) {
    failed_ = Error{code, std::move(what)};
    return std::unexpected(*failed_);
  };
  if (failed_) return std::unexpected(*failed_);
  std::string_view bytes = std::string_view(buffer_).substr(used_);
  if (bytes.size() < kPrelude) return std::nullopt;
  Reader prelude{bytes};
  const std::size_t total = prelude.number<std::uint32_t>();
  const std::size_t headers = prelude.number<std::uint32_t>();
  if (prelude.number<std::uint32_t>() != crc32(bytes.substr(0, 8)))
    return stop(ErrorCode::kInvalidArgument, "the CRC of an event's prelude is wrong");
  if (headers > kMaxEventHeaderBytes || total > headers + kOverhead + kMaxEventPayloadBytes)
    return stop(ErrorCode::kLimitExceeded, "an event is too large");
  if (total < headers + kOverhead)
    return stop(ErrorCode::kInvalidArgument, "the lengths of an event contradict each other");
  if (bytes.size() < total) return std::nullopt;
  bytes = bytes.substr(0, total);
  Reader end{bytes.substr(total - 4)};
  if (end.number<std::uint32_t>() != crc32(bytes.substr(0, total - 4)))
    return stop(ErrorCode::kInvalidArgument, "the CRC of an event is wrong");
  EventMessage message;
  if (!read_headers(bytes.substr(kPrelude, headers), message))
    return stop(ErrorCode::kInvalidArgument, "the headers of an event are malformed");
  message.payload = bytes.substr(kPrelude + headers, total - headers - kOverhead);
  used_ += total;
  if (used_ == buffer_.size() || used_ > kMaxEventHeaderBytes) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  return message;
}

}  // namespace kiln::aws::protocol
