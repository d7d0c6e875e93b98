// SPDX-License-Identifier: Apache-2.0
#pragma once
// LayerRepository reads and changes stored layers. One change is one commit, which also keeps the
// usage of the partition and the reference to the package. Conflicts are retried here.
// Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "lambda/model/layer.h"
#include "lambda/store/function_repository.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kiln::lambda {

// Which versions a list shows; empty: any.
struct LayerFilter {
  std::string runtime;
  std::string architecture;
};

struct LayerPage {
  std::vector<LayerVersion> versions;  // of ListLayers: the newest of each layer
  std::string next;                    // what to go on after; empty at the end
};

class LayerRepository {
 public:
  LayerRepository(store::Store& store, AccountLimits limits) : store_(store), limits_(limits) {}

  // Gives `layer` the next number of its name and keeps it. CodeStorageExceededException past the
  // quota.
  Task<aws::ApiResult<LayerVersion>> publish(LayerVersion layer);
  Task<Result<std::optional<LayerVersion>>> find(LayerKey key, std::int64_t version);
  // One that is not there is removed already.
  Task<aws::ApiResult<void>> remove(LayerKey key, std::int64_t version);
  // A pure decision on the version as it is now; it may run several times.
  // ResourceNotFoundException when there is none.
  using Change = std::function<aws::ApiResult<void>(LayerVersion&)>;
  Task<aws::ApiResult<LayerVersion>> update(LayerKey key, std::int64_t version, Change change);

  // Layers by name, each with its newest version that fits; those without one are left out.
  Task<Result<LayerPage>> list(std::string account, std::string region, LayerFilter filter,
                               std::string after, std::size_t limit);
  // The versions of one layer, the newest first.
  Task<Result<LayerPage>> list_versions(LayerKey key, LayerFilter filter, std::string after,
                                        std::size_t limit);

 private:
  template <class T>
  using Attempt = Task<Result<aws::ApiResult<T>>>;
  Attempt<LayerVersion> try_publish(LayerVersion layer);
  Attempt<LayerVersion> try_remove(LayerKey key, std::int64_t version);
  Attempt<LayerVersion> try_update(LayerKey key, std::int64_t version, const Change& change);

  store::Store& store_;
  const AccountLimits limits_;
};

std::string encode(const LayerVersion& layer);
// kInternal: not written by this code.
Result<LayerVersion> decode_layer_version(LayerKey key, std::int64_t version,
                                          std::string_view bytes);

}  // namespace kiln::lambda
