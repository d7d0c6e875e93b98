// SPDX-License-Identifier: Apache-2.0
#include "sources/batch_response.h"

#include <boost/json.hpp>

namespace kiln::sources {

std::optional<std::set<std::string>> failed_messages(std::string_view response,
                                                     const std::set<std::string>& ids_of_batch) {
  std::set<std::string> failed;
  if (response.empty()) return failed;
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(response, error);
  if (error) return std::nullopt;
  if (!parsed.is_object()) return failed;
  const boost::json::value* list = parsed.get_object().if_contains("batchItemFailures");
  if (!list || list->is_null()) return failed;
  if (!list->is_array()) return std::nullopt;
  for (const boost::json::value& item : list->get_array()) {
    const auto* object = item.if_object();
    const auto* id = object ? object->if_contains("itemIdentifier") : nullptr;
    const auto* text = id ? id->if_string() : nullptr;
    if (!text || !ids_of_batch.contains(std::string(*text))) return std::nullopt;
    failed.emplace(*text);
  }
  return failed;
}

}  // namespace kiln::sources
