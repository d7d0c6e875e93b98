// SPDX-License-Identifier: Apache-2.0
#include "invoke/runtime_port.h"

#include <utility>

namespace kiln::invoke {
namespace {

class RuntimeApiPort final : public RuntimePort {
 public:
  RuntimeApiPort(Loop& loop, Metrics& metrics, Fd listener, Fd connection)
      : api_(loop, metrics, std::move(listener), std::move(connection)) {}
  Status start() override { return api_.start(); }
  Task<void> stop() override { return api_.stop(); }
  Task<Result<runtime_api::InitOutcome>> wait_initialized(Monotonic deadline,
                                                          std::stop_token stop) override {
    return api_.wait_initialized(deadline, std::move(stop));
  }
  Task<Result<runtime_api::InvokeOutcome>> invoke(runtime_api::Invocation invocation,
                                                  Monotonic deadline,
                                                  std::stop_token stop) override {
    return api_.invoke(std::move(invocation), deadline, std::move(stop));
  }
  void enable_restore() override { api_.enable_restore(); }
  void serve_credentials(std::string token, std::function<std::string()> document) override {
    api_.serve_credentials(std::move(token), std::move(document));
  }
  Task<Result<runtime_api::InitOutcome>> restore(Monotonic deadline,
                                                 std::stop_token stop) override {
    return api_.restore(deadline, std::move(stop));
  }
  void abort() override { api_.abort(); }
  runtime_api::Extensions* extensions() override { return &api_.extensions(); }
  runtime_api::Telemetry* telemetry() override { return &api_.telemetry(); }

 private:
  runtime_api::RuntimeApi api_;
};

}  // namespace

RuntimePortFactory runtime_api_factory(Loop& loop, Metrics& metrics) {
  return [&loop, &metrics](Fd listener, Fd connection) -> std::unique_ptr<RuntimePort> {
    return std::make_unique<RuntimeApiPort>(loop, metrics, std::move(listener),
                                            std::move(connection));
  };
}

}  // namespace kiln::invoke
