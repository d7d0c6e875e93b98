// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text encodings of bytes. Decoders refuse what they do not know; none allocates more than a
// constant factor of its input.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln {

std::string hex_encode(std::string_view bytes);            // lower case
Result<std::string> hex_decode(std::string_view text);     // either case, even length
std::string base64_encode(std::string_view bytes);         // standard alphabet, padded
Result<std::string> base64_decode(std::string_view text);  // padded or not; no white space
// RFC 3986: all but A-Za-z0-9-_.~ becomes %XX; '/' stays when keep_slash.
std::string percent_encode(std::string_view bytes, bool keep_slash = false);
// %XX decoded; plus_is_space also turns '+' into ' '. Error: kInvalidArgument for a bad escape.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Appends the JSON string literal of UTF-8 `text`, quotes included. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
// Bytes of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t utf8_sequence(std::string_view text);
bool is_valid_utf8(std::string_view text);
// Number of Unicode code points of valid UTF-8 (what AWS length constraints count).
std::size_t utf8_length(std::string_view text);

}  // namespace kiln
