// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON helpers shared by the policy sources. The only header of the room that shows a JSON library.

#include <boost/json.hpp>

#include <string_view>

namespace kiln::iam::policy_json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

inline std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }

// nullptr when the object has no such member.
inline const value* member(const object& o, std::string_view name) {
  return o.if_contains(boost::json::string_view(name.data(), name.size()));
}

// Calls visit(value) for a single value or for each element of a list.
template <class Visit>
void each(const value& one_or_many, Visit visit) {
  if (const auto* list = one_or_many.if_array()) {
    for (const auto& element : *list) visit(element);
  } else {
    visit(one_or_many);
  }
}

// True for a string, or a list of strings only.
inline bool is_strings(const value& v) {
  if (v.is_string()) return true;
  const auto* list = v.if_array();
  if (!list) return false;
  for (const auto& element : *list) {
    if (!element.is_string()) return false;
  }
  return true;
}

}  // namespace kiln::iam::policy_json
