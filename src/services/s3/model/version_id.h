// SPDX-License-Identifier: Apache-2.0
#pragma once
// Version ids: 32 characters that hold the version's order, so that a version is found by its id.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::s3 {

inline constexpr std::size_t kVersionIdRandomBytes = 16;

// `random` is kVersionIdRandomBytes long.
std::string make_version_id(std::int64_t order, std::string_view random);
// nullopt: no such id was ever given out.
std::optional<std::int64_t> order_of_version_id(std::string_view id);

// Opaque text of bytes, from letters, digits, '.' and '_' ('-' would look like an option).
std::string opaque_text(std::string_view bytes);
std::optional<std::string> bytes_of_opaque(std::string_view text);

}  // namespace kiln::s3
