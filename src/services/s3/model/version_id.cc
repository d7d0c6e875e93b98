// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/version_id.h"

#include "base/encoding.h"

#include <algorithm>

namespace kiln::s3 {

std::string opaque_text(std::string_view bytes) {
  std::string out = base64_encode(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::ranges::replace(out, '+', '.');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::optional<std::string> bytes_of_opaque(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string plain(text);
  std::ranges::replace(plain, '.', '+');
  std::ranges::replace(plain, '_', '/');
  auto bytes = base64_decode(plain);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

std::string make_version_id(std::int64_t order, std::string_view random) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(order) >> shift));
  bytes.append(random.substr(0, kVersionIdRandomBytes));
  return opaque_text(bytes);
}

std::optional<std::int64_t> order_of_version_id(std::string_view id) {
  if (id.size() != 32) return std::nullopt;
  const auto bytes = bytes_of_opaque(id);
  if (!bytes || bytes->size() != 8 + kVersionIdRandomBytes) return std::nullopt;
  std::uint64_t order = 0;
  for (std::size_t i = 0; i < 8; ++i) order = order << 8 | static_cast<unsigned char>((*bytes)[i]);
  return static_cast<std::int64_t>(order);
}

}  // namespace kiln::s3
