// SPDX-License-Identifier: Apache-2.0
#pragma once
// RuntimePort is what an execution environment needs of the Runtime API server: runtime_api::
// RuntimeApi in the server, a fake without sockets in unit tests. Contracts: runtime_api.h.

#include "async/loop.h"
#include "runtime_api/extensions.h"
#include "runtime_api/runtime_api.h"
#include "runtime_api/telemetry.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace kiln::invoke {

class RuntimePort {
 public:
  virtual ~RuntimePort() = default;
  virtual Status start() = 0;
  virtual Task<void> stop() = 0;
  virtual Task<Result<runtime_api::InitOutcome>> wait_initialized(Monotonic deadline,
                                                                  std::stop_token stop) = 0;
  virtual Task<Result<runtime_api::InvokeOutcome>> invoke(runtime_api::Invocation invocation,
                                                          Monotonic deadline,
                                                          std::stop_token stop) = 0;
  // SnapStart; before the runtime starts.
  virtual void enable_restore() {}
  virtual void serve_credentials(std::string, std::function<std::string()>) {}
  virtual Task<Result<runtime_api::InitOutcome>> restore(Monotonic, std::stop_token) {
    co_return runtime_api::InitOutcome{};
  }
  virtual void abort() = 0;
  // Null: this runtime can have no extensions.
  virtual runtime_api::Extensions* extensions() { return nullptr; }
  virtual runtime_api::Telemetry* telemetry() { return nullptr; }
};

using RuntimePortFactory = std::function<std::unique_ptr<RuntimePort>(Fd listener, Fd connection)>;

// Serves the real Runtime API on `loop`. Both references outlive the factory's products.
RuntimePortFactory runtime_api_factory(Loop& loop, Metrics& metrics);

}  // namespace kiln::invoke
