// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scalars (everything but structure, list, map) as text: in URIs, headers, form bodies and XML.

#include "aws/shape.h"

#include <string>
#include <string_view>

namespace kiln::aws::protocol {

bool is_scalar(const Shape& shape);
// The format of a timestamp: the member's, else the shape's, else `otherwise`.
TimeFormat time_format(const Member* member, const Shape& shape, TimeFormat otherwise);

// False when `text` is no such value. `out` points at the shape's C++ type. Blobs are base64.
// kDefault takes any format of time.
bool parse_scalar(const Shape& shape, TimeFormat format, std::string_view text, void* out);
std::string format_scalar(const Shape& shape, TimeFormat format, const void* value);

// Shortest text that reads back the same; "NaN", "Infinity", "-Infinity".
std::string format_double(double value);
// Seconds since the epoch, milliseconds as a fraction when there are any: "1700000000.25".
std::string format_unix(Timestamp time);
// False unless the number of seconds fits.
bool from_unix(double seconds, Timestamp& out);
// "String", "Integer": Java's name of the shape's type, as AWS's parsers say it.
std::string_view java_name(Kind kind);

}  // namespace kiln::aws::protocol
