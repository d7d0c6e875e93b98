// SPDX-License-Identifier: Apache-2.0
#include "aws/arn.h"

#include <algorithm>

namespace kiln::aws {

std::string Arn::text() const {
  std::string out = "arn:";
  for (const auto* part : {&partition, &service, &region, &account}) out.append(*part).append(":");
  return out + resource;
}

std::optional<Arn> parse_arn(std::string_view text) {
  if (!text.starts_with("arn:")) return std::nullopt;
  text.remove_prefix(4);
  Arn arn;
  for (auto* part : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
    auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    *part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  arn.resource = text;
  return arn;
}

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace kiln::aws
