// SPDX-License-Identifier: Apache-2.0
#pragma once
// Framing of application/vnd.amazon.eventstream: messages with typed headers, each under two CRCs.
//
//   total length u32 | headers length u32 | CRC of these 8 bytes | headers | payload | CRC of all
//
// Big-endian. https://smithy.io/2.0/aws/amazon-eventstream.html

#include "base/result.h"
#include "base/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kiln::aws::protocol {

inline constexpr std::size_t kMaxEventHeaderBytes = 128 * 1024;
inline constexpr std::size_t kMaxEventPayloadBytes = 24 * 1024 * 1024;

struct EventBytes {
  std::string bytes;
  bool operator==(const EventBytes&) const = default;
};
using EventUuid = std::array<std::uint8_t, 16>;
// In the order of no wire type: the encoder picks by alternative.
using EventHeader = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                 EventBytes, std::string, Timestamp, EventUuid>;

struct EventMessage {
  std::vector<std::pair<std::string, EventHeader>> headers;
  std::string payload;

  // The text of a string header; empty when there is none.
  std::string_view text(std::string_view name) const;
};

// kLimitExceeded: a header or the payload is over its bound.
Result<std::string> encode_event(const EventMessage& message);

// Takes bytes as they arrive and gives messages. Holds at most one message beside what was fed
// since. After an error it stays failed.
class EventDecoder {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: the next message is not complete. kInvalidArgument: no such framing, a bad CRC or
  // header; kLimitExceeded: a length over its bound (known before the body arrives).
  Result<std::optional<EventMessage>> next();
  // True between messages: the stream may end here.
  bool at_boundary() const { return buffer_.size() == used_; }

 private:
  std::string buffer_;
  std::size_t used_ = 0;
  std::optional<Error> failed_;
};

}  // namespace kiln::aws::protocol
