// SPDX-License-Identifier: Apache-2.0
#pragma once
// MappingRepository reads and changes stored event source mappings. One change is one commit, with
// the guard of its source and function and the entry of the registry.
// Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "sources/mapping.h"
#include "store/store.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kiln::sources {

// "The resource you requested does not exist."
aws::ApiError no_such_mapping();

struct MappingPage {
  std::vector<Mapping> mappings;
  std::string next;  // the UUID to go on after; empty at the end
};

class MappingRepository {
 public:
  // A pure decision on the mapping as it is now; it may run several times.
  using Change = std::function<aws::ApiResult<void>(Mapping&)>;

  // `changed` is called after each commit with the UUID.
  MappingRepository(store::Store& store, std::function<void(const std::string&)> changed)
      : store_(store), changed_(std::move(changed)) {}

  Task<Result<std::optional<Mapping>>> find(std::string account, std::string region,
                                            std::string uuid);
  // By UUID; those that `wanted` passes.
  Task<Result<MappingPage>> list(std::string account, std::string region, std::string after,
                                 std::size_t limit, std::function<bool(const Mapping&)> wanted);
  // All of the server.
  Task<Result<std::vector<Mapping>>> all();

  // ResourceConflictException when the source and the function have a mapping already;
  // `function_name` is how the request named the function.
  Task<aws::ApiResult<void>> create(Mapping mapping, std::string function_name);
  Task<aws::ApiResult<Mapping>> update(std::string account, std::string region, std::string uuid,
                                       Change change);
  Task<Status> remove(Mapping mapping);

 private:
  template <class T>
  using Attempt = Task<Result<aws::ApiResult<T>>>;
  Attempt<Mapping> try_create(Mapping mapping, std::string function_name);
  Attempt<Mapping> try_update(std::string account, std::string region, std::string uuid,
                              const Change& change);
  Task<Result<bool>> try_remove(Mapping mapping);

  store::Store& store_;
  const std::function<void(const std::string&)> changed_;
};

}  // namespace kiln::sources
