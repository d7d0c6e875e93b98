// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>

namespace kiln::http {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

void Headers::add(std::string name, std::string value) {
  // Few messages have more; growing one by one moves every field several times.
  constexpr std::size_t kUsual = 10;
  if (fields_.capacity() == 0) fields_.reserve(kUsual);
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
  const auto same = [name](const Field& field) { return equals_ignore_case(field.first, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) {
    add(std::string(name), std::move(value));
    return;
  }
  first->second = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_,
                [name](const Field& field) { return equals_ignore_case(field.first, name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (equals_ignore_case(field.first, name)) return field.second;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const Field& field) { return equals_ignore_case(field.first, name); }));
}

const Headers& BodyReader::trailer_fields() const {
  static const Headers kNone;
  return kNone;
}

Task<Result<std::string>> read_all(BodyReader& body, std::uint64_t max_bytes) {
  const auto too_large = [max_bytes] {
    return fail(ErrorCode::kLimitExceeded,
                "body is larger than " + std::to_string(max_bytes) + " bytes");
  };
  const std::optional<std::uint64_t> length = body.length();
  if (length && *length > max_bytes) co_return too_large();
  std::string all;
  while (true) {
    KILN_CO_TRY(std::string piece, co_await body.read());
    if (piece.empty()) co_return all;
    if (all.size() + piece.size() > max_bytes) co_return too_large();
    if (all.empty()) {
      all = std::move(piece);
      // Reserved only once bytes arrive: a promised length alone must not cost memory.
      if (length) all.reserve(*length);
    } else {
      all += piece;
    }
    if (length && all.size() == *length) co_return all;
  }
}

}  // namespace kiln::http
