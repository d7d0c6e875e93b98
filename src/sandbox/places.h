// SPDX-License-Identifier: Apache-2.0
#pragma once
// Places turns the names in commands and variables ("{task}/bootstrap") into paths. Pure but for
// choose_program(), which looks at the file system.

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::sandbox {

struct Places {
  std::vector<std::pair<std::string, std::string>> names;  // "{task}" -> "/var/task"

  void add(std::string name, std::string place) {
    names.emplace_back(std::move(name), std::move(place));
  }
  // Names that are not known stay as they are.
  std::string fill(std::string_view text) const;
};

// The first of `alternatives` (separated by '|') that exists, as the environment sees it. `host`
// says where its files lie on the host; each of its entries is one way to read the names. kNotFound
// with AWS's words for a missing bootstrap.
Result<std::string> choose_program(const Places& inside, const std::vector<Places>& host,
                                   std::string_view alternatives);

}  // namespace kiln::sandbox
