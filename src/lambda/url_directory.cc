// SPDX-License-Identifier: Apache-2.0
#include "lambda/url_directory.h"

#include <utility>

namespace kiln::lambda {

UrlDirectory::UrlDirectory(store::Store& store, UrlRepository& repository, Executor& home)
    : repository_(repository), watch_(store.watch(keys::url_ids(), home, [this] { clear(); })) {}

void UrlDirectory::clear() {
  ++generation_;
  urls_.clear();
  by_use_.clear();
}

Task<Result<FunctionUrlPtr>> UrlDirectory::find(std::string id) {
  if (const auto known = urls_.find(id); known != urls_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, known->second.used);
    co_return known->second.url;
  }
  const auto generation = generation_;
  auto reading = repository_.find_id(id);
  KILN_CO_TRY(auto found, co_await std::move(reading));
  if (!found) co_return FunctionUrlPtr();
  auto url = std::make_shared<const FunctionUrl>(std::move(*found));
  if (generation == generation_ && !urls_.contains(id)) {
    if (urls_.size() >= kMaxUrls) {
      urls_.erase(by_use_.back());
      by_use_.pop_back();
    }
    by_use_.push_front(id);
    urls_.emplace(std::move(id), Entry{url, by_use_.begin()});
  }
  co_return FunctionUrlPtr(std::move(url));
}

}  // namespace kiln::lambda
