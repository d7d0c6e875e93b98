// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the pipeline and those in front of it note of a request.

#include <algorithm>
#include <string>
#include <string_view>

namespace kiln::server {

// S3's request ids are 16 upper-case letters and digits.
inline std::string s3_request_id(std::string_view uuid) {
  std::string out;
  for (const char c : uuid)
    if (c != '-' && out.size() < 16) out.push_back(static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c));
  return out;
}

// X-Amzn-Trace-Id goes on into messages and logs: visible ASCII, or it is left out.
inline std::string trace_header_of(std::string_view value) {
  constexpr std::size_t kMaxBytes = 4'096;
  const bool good = value.size() <= kMaxBytes &&
                    std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  return good ? std::string(value) : std::string();
}

}  // namespace kiln::server
