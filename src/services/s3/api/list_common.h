// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the lists of objects share.

#include "gen/s3/types.h"
#include "services/s3/api/common.h"

#include <string>
#include <vector>

namespace kiln::s3 {

// With the condition keys that policies of lists look at.
template <class Input>
aws::Authorization list_authorization(std::string action, const Input& input) {
  auto out = on_bucket(std::move(action), input.bucket);
  if (input.prefix) out.condition_keys()["s3:prefix"] = {*input.prefix};
  if (input.delimiter) out.condition_keys()["s3:delimiter"] = {*input.delimiter};
  if (input.max_keys) out.condition_keys()["s3:max-keys"] = {std::to_string(*input.max_keys)};
  return out;
}

std::vector<gen::s3::Object> shown_objects(const ListPage& page, const ListText& text, bool owner);
std::vector<gen::s3::CommonPrefix> shown_prefixes(const std::vector<std::string>& prefixes,
                                                  const ListText& text);

}  // namespace kiln::s3
