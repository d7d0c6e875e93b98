// SPDX-License-Identifier: Apache-2.0
#include "sandbox/places.h"

#include <algorithm>
#include <unistd.h>

namespace kiln::sandbox {

std::string Places::fill(std::string_view text) const {
  std::string result;
  while (!text.empty()) {
    const auto brace = text.find('{');
    result += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    text.remove_prefix(brace);
    const auto known = std::ranges::find_if(
        names, [text](const auto& place) { return text.starts_with(place.first); });
    result += known == names.end() ? "{" : known->second;
    text.remove_prefix(known == names.end() ? 1 : known->first.size());
  }
  return result;
}

Result<std::string> choose_program(const Places& inside, const std::vector<Places>& host,
                                   std::string_view alternatives) {
  std::string tried;
  for (;;) {
    const auto bar = alternatives.find('|');
    const std::string_view alternative = alternatives.substr(0, bar);
    for (const Places& places : host) {
      if (access(places.fill(alternative).c_str(), F_OK) == 0) return inside.fill(alternative);
    }
    tried += (tried.empty() ? "" : " ") + inside.fill(alternative);
    if (bar == std::string_view::npos) break;
    alternatives.remove_prefix(bar + 1);
  }
  return fail(ErrorCode::kNotFound, "Couldn't find valid bootstrap(s): [" + tried + "]");
}

}  // namespace kiln::sandbox
