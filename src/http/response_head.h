// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the head of a response. Internal to http.

#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::http {

// How the body of a response is delimited on the wire.
struct BodyFraming {
  std::optional<std::uint64_t> length;  // sent as Content-Length
  bool chunked = false;                 // neither: ends with the connection, or has no body
};

std::string_view reason_phrase(int status);

// Appends the status line and the fields, down to the empty line. Framing and connection fields of
// `headers` are left out: they follow from `framing` and `connection` ("close", "keep-alive" or
// empty). So are fields that would break out of their line.
void append_response_head(std::string& out, int status, const Headers& headers,
                          const BodyFraming& framing, std::string_view connection,
                          std::string_view date);

}  // namespace kiln::http
