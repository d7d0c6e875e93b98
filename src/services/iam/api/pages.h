// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists by pages: Marker, MaxItems and IsTruncated.

#include "aws/api_error.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam_api {

struct PageRequest {
  std::string after;  // name behind which the page begins
  std::size_t limit = 100;
};
aws::ApiResult<PageRequest> page_request(const std::optional<std::string>& marker,
                                         const std::optional<std::int32_t>& max_items);
std::string marker_after(std::string_view name);

// Cuts `items` (of which one more than the limit was read) and fills is_truncated and marker.
template <class Item, class Output, class Name>
void finish_page(std::vector<Item>& items, const PageRequest& page, Output& output, Name name) {
  output.is_truncated = items.size() > page.limit;
  if (!*output.is_truncated) return;
  items.resize(page.limit);
  output.marker = marker_after(std::invoke(name, items.back()));
}
// A page of items that are in memory already, in their order; names must be unique.
template <class Item, class Output, class Name>
std::vector<Item> page_of(std::vector<Item> items, const PageRequest& page, Output& output,
                          Name name) {
  if (!page.after.empty()) {
    auto at = items.begin();
    while (at != items.end() && std::invoke(name, *at) != page.after) ++at;
    if (at != items.end()) items.erase(items.begin(), at + 1);
  }
  finish_page(items, page, output, name);
  return items;
}

}  // namespace kiln::iam_api
