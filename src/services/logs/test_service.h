// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Service on the memory store and a fake clock, for the tests of this room.

#include "async/fake_clock.h"
#include "async/loop.h"
#include "services/logs/api/operation_list.h"
#include "services/logs/service.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::logs {

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    context.account = "000000000000";
    context.region = "us-east-1";
  }

  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(store_result(std::move(task), out));
    return std::move(*out);
  }
  void await(Task<void> task) { loop.run_until_complete(std::move(task)); }

  // Lets everything run that waits for the loop alone.
  void settle() { await(take_turns(loop)); }

  // Calls an operation as the pipeline does once the input is valid.
  template <class Model>
  aws::ApiResult<typename Model::Output> call(const aws::Operation<Model, Service>& operation,
                                              typename Model::Input input) {
    return await(operation.handle(service, context, std::move(input)));
  }
  template <class Model>
  typename Model::Output ok(const aws::Operation<Model, Service>& operation,
                            typename Model::Input input) {
    auto result = call(operation, std::move(input));
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? std::move(*result) : typename Model::Output{};
  }
  // "Code: message" of the error, or "no error".
  template <class Model>
  std::string error(const aws::Operation<Model, Service>& operation, typename Model::Input input) {
    auto result = call(operation, std::move(input));
    return result ? "no error" : result.error().code + ": " + result.error().message;
  }

  std::int64_t now() const { return clock.wall().ms; }
  // One line of a function at `time_ms`.
  void say(const std::string& group, const std::string& stream, std::int64_t time_ms,
           std::string message) {
    std::vector<invoke::LogEvent> events;
    events.push_back({time_ms, std::move(message)});
    service.ingest.append({context.account, context.region, group, stream}, std::move(events));
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics metrics;
  std::unique_ptr<store::Store> store = store::make_memory_store(clock, loop);
  Service service{*store, clock, random, metrics};
  aws::RequestContext context;

 private:
  static Task<void> take_turns(Executor& executor) {
    for (int i = 0; i < 100; ++i) co_await resume_on(executor);
  }
  template <class T>
  static Task<void> store_result(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await task);
  }
};

}  // namespace kiln::logs
