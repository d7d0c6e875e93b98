// SPDX-License-Identifier: Apache-2.0
#pragma once
// UrlRepository reads and changes the stored function URLs. A URL is stored twice, beside its
// function and by its id, always by one commit. Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/model/function_url.h"
#include "store/store.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

struct UrlPage {
  std::vector<FunctionUrl> urls;
  std::string next;  // the qualifier to go on after
  bool more = false;
};

class UrlRepository {
 public:
  explicit UrlRepository(store::Store& store) : store_(store) {}

  Task<Result<std::optional<FunctionUrl>>> find(FunctionKey function, std::string qualifier);
  Task<Result<std::optional<FunctionUrl>>> find_id(std::string id);
  // By qualifier, at most `limit`; those after `after` when it is given.
  Task<Result<UrlPage>> list(FunctionKey function, std::optional<std::string> after,
                             std::size_t limit);

  // ResourceConflictException when the function or alias has one; `missing` when the function is
  // gone.
  Task<aws::ApiResult<void>> create(FunctionUrl url, aws::ApiError missing);
  // `change` may run several times. Answers the changed URL.
  Task<aws::ApiResult<FunctionUrl>> update(FunctionKey function, std::string qualifier,
                                           std::function<void(FunctionUrl&)> change);
  Task<aws::ApiResult<void>> remove(FunctionKey function, std::string qualifier);

 private:
  // A commit that lost against another one is the outer kConflict, and is tried again.
  using Attempt = Task<Result<aws::ApiResult<FunctionUrl>>>;
  Attempt try_create(const FunctionUrl& url, const aws::ApiError& missing);
  Attempt try_update(const FunctionKey& function, const std::string& qualifier,
                     const std::function<void(FunctionUrl&)>& change);
  Attempt try_remove(const FunctionKey& function, const std::string& qualifier);

  store::Store& store_;
};

// Adds the end of the function's URLs to the commit that ends the function; with a `qualifier`,
// only that alias's. REQUIRES of the batch: a check that meets UrlRepository::create's own, of the
// function's record.
Task<Status> erase_urls(store::Store& store, FunctionKey function, store::Batch& batch);
Task<Status> erase_url(store::Store& store, FunctionKey function, std::string qualifier,
                       store::Batch& batch);

std::string encode(const FunctionUrl& url);
Result<FunctionUrl> decode_url(std::string_view bytes);

}  // namespace kiln::lambda
