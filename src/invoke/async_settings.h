// SPDX-License-Identifier: Apache-2.0
#pragma once
// What users configured for the asynchronous events of a function, version or alias.

#include "invoke/async_policy.h"
#include "lambda/store/event_config.h"
#include "store/store.h"

#include <string>

namespace kiln::invoke {

class AsyncSettingsSource {
 public:
  virtual ~AsyncSettingsSource() = default;
  virtual Task<Result<AsyncSettings>> find(lambda::FunctionKey function, std::string qualifier) = 0;
};

class StoredAsyncSettings final : public AsyncSettingsSource {
 public:
  explicit StoredAsyncSettings(store::Store& store) : store_(store) {}
  Task<Result<AsyncSettings>> find(lambda::FunctionKey function, std::string qualifier) override;

 private:
  store::Store& store_;
};

}  // namespace kiln::invoke
