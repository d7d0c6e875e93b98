// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/listing.h"

#include "services/s3/store/keys.h"

#include <algorithm>

namespace kiln::s3 {

std::string common_prefix(std::string_view key, std::string_view prefix,
                          std::string_view delimiter) {
  if (delimiter.empty()) return {};
  const auto found = key.find(delimiter, prefix.size());
  if (found == std::string_view::npos) return {};
  return std::string(key.substr(0, found + delimiter.size()));
}

Task<Result<ListPage>> Listing::list(BucketPtr bucket, ListRequest request) {
  const Bucket& b = bucket->bucket;
  const std::string space = keys::currents(b);
  const auto keys_with = [&b](std::string_view prefix) {
    return store::prefix_range(keys::open_end(keys::current(b, prefix)));
  };
  ListPage page;
  store::Range range = keys_with(request.prefix);
  if (!request.after.empty()) {
    const std::string passed = common_prefix(request.after, request.prefix, request.delimiter);
    const bool inside = request.after.starts_with(request.prefix) && !passed.empty();
    std::string begin = inside ? keys_with(passed).end : keys::current(b, request.after) + '\0';
    range.begin = std::max(range.begin, std::move(begin));
  }
  std::size_t count = 0;
  std::string skipping;  // a common prefix whose other keys are passed over
  while (range.begin < range.end) {
    // One more than can be shown tells whether there are more.
    range.limit = std::min(store::kMaxScanEntries, request.limit - count + 1);
    KILN_CO_TRY(auto entries, co_await store_.scan(range));
    for (auto& entry : entries) {
      store::KeyReader reader(std::string_view(entry.key).substr(space.size()));
      KILN_CO_TRY(std::string key, reader.next_string());
      if (!skipping.empty() && key.starts_with(skipping)) continue;
      if (count == request.limit) {
        page.truncated = true;
        co_return page;
      }
      ++count;
      std::string common = common_prefix(key, request.prefix, request.delimiter);
      if (!common.empty()) {
        skipping = page.last = common;
        page.prefixes.push_back(std::move(common));
        continue;
      }
      KILN_CO_TRY(auto version, decode_version(entry.value));
      page.last = key;
      page.objects.emplace_back(std::move(key), std::move(version));
    }
    if (entries.size() < range.limit) break;
    range.begin = entries.back().key + '\0';
    if (!skipping.empty()) range.begin = std::max(range.begin, keys_with(skipping).end);
  }
  co_return page;
}

}  // namespace kiln::s3
