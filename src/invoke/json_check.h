// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks that a payload is one JSON value, without building it: payloads pass through byte for
// byte.
//
// One pass, no recursion, no allocation unless it fails. Strict RFC 8259, valid UTF-8, at most
// 1,000 levels deep. Messages are those of the parser that AWS uses (Jackson), because clients see
// them.

#include <optional>
#include <string>
#include <string_view>

namespace kiln::invoke {

inline constexpr int kMaxJsonDepth = 1000;

// The complaint, location included, or nullopt when `text` is valid.
std::optional<std::string> find_json_fault(std::string_view text);

// True when valid `text` is an object.
bool is_json_object(std::string_view text);

}  // namespace kiln::invoke
