// SPDX-License-Identifier: Apache-2.0
#pragma once
// FrameDecoder cuts the framed log pipe into events.
//
// A frame is what AWS's runtime interface clients write to _LAMBDA_TELEMETRY_LOG_FD: 4 bytes type
// (0xa55a00xx), 4 bytes length, 8 bytes microseconds since the epoch, then the message; big endian.
// Bytes that are no frame are handed over as they are, so that nothing written is lost.
//
// Bounds: a message over kMaxMessageBytes is delivered in pieces of that size.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kiln::sandbox {

class FrameDecoder {
 public:
  static constexpr std::size_t kMaxMessageBytes = 1024 * 1024;
  // `framed` is false for bytes outside of any frame; `time_ms` is 0 then.
  using Sink = std::function<void(bool framed, std::string_view message, std::int64_t time_ms)>;

  void feed(std::string_view bytes, const Sink& sink);
  // Hands over what is left of an unfinished frame.
  void finish(const Sink& sink);

 private:
  std::string buffer_;
  std::size_t pending_ = 0;  // bytes of the current message still to come past kMaxMessageBytes
  std::int64_t time_ms_ = 0;
};

}  // namespace kiln::sandbox
