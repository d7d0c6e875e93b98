// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fakes at the ports of this room: a queue in memory, a function that the test scripts. Tests only.

#include "async/event.h"
#include "async/fake_clock.h"
#include "invoke/invoker.h"
#include "lambda/function_directory.h"
#include "sources/message_source.h"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::sources {

// Leases never end by themselves: what is neither removed nor released stays `leased`.
class FakeSource final : public MessageSource {
 public:
  explicit FakeSource(FakeClock& clock) : clock_(clock) {}

  void put(std::string id) { put_record(id, R"({"messageId":")" + id + R"(","body":"x"})"); }
  void put_record(std::string id, std::string record, std::string trace_header = "") {
    visible.push_back({.id = id,
                       .handle = "h-" + id,
                       .record = std::move(record),
                       .trace_header = std::move(trace_header)});
    if (const auto wake = std::exchange(wake_, nullptr)) wake->set(true);
  }

  Task<aws::ApiResult<QueueFacts>> describe(Subscription) override { co_return facts; }
  Task<Result<queue::Backlog>> backlog(std::string) override { co_return queue::Backlog{}; }
  Task<Result<std::vector<ReceivedMessage>>> receive(Subscription subscription,
                                                     ReceiveOptions options) override {
    roles.insert(subscription.role_arn);
    if (visible.empty() && options.wait_ms > 0) {
      wake_ = std::make_shared<OneShot<bool>>();
      const auto wake = wake_;
      auto waiting = wake->wait(clock_, clock_.monotonic().plus_ms(options.wait_ms), options.stop);
      const auto woken = co_await waiting;
      if (!woken && woken.error().code == ErrorCode::kCancelled) {
        co_return std::unexpected(woken.error());
      }
    }
    std::vector<ReceivedMessage> out;
    while (!visible.empty() && out.size() < options.max) {
      ReceivedMessage message = std::move(visible.front());
      visible.pop_front();
      message.visible_at = {clock_.wall().ms + facts.visibility_timeout_s * 1'000};
      leased.insert(message.handle);
      out.push_back(std::move(message));
    }
    co_return out;
  }
  Task<Status> remove(Subscription, std::vector<std::string> handles) override {
    for (const std::string& handle : handles) {
      leased.erase(handle);
      removed.push_back(handle);
    }
    co_return Status{};
  }
  Task<Status> release(Subscription, std::vector<std::string> handles, std::int64_t) override {
    for (const std::string& handle : handles) {
      leased.erase(handle);
      released.push_back(handle);
    }
    co_return Status{};
  }

  QueueFacts facts;
  std::deque<ReceivedMessage> visible;
  std::set<std::string> leased;
  std::vector<std::string> removed;
  std::vector<std::string> released;
  std::set<std::string> roles;

 private:
  FakeClock& clock_;
  std::shared_ptr<OneShot<bool>> wake_;
};

class FakeInvoker final : public invoke::Invoker {
 public:
  using Answer = aws::ApiResult<invoke::InvokeResult>;
  Task<Answer> invoke(lambda::FunctionVersionPtr, invoke::InvokeRequest request) override {
    payloads.push_back(request.payload);
    ++running;
    if (hold) {
      auto held = std::make_shared<OneShot<bool>>();
      held_.push_back(held);
      auto waiting = held->wait(*clock, clock->monotonic().plus_ms(900'000), {});
      co_await waiting;
    }
    --running;
    co_return answer ? answer(request) : Answer(invoke::InvokeResult{.payload = "null"});
  }
  Task<void> stop() override { co_return; }
  void let_go() {
    for (const auto& held : std::exchange(held_, {})) held->set(true);
  }

  FakeClock* clock = nullptr;
  std::function<Answer(const invoke::InvokeRequest&)> answer;
  std::vector<std::string> payloads;
  int running = 0;
  bool hold = false;

 private:
  std::vector<std::shared_ptr<OneShot<bool>>> held_;
};

class FakeFunctions final : public lambda::FunctionDirectory {
 public:
  FakeFunctions() {
    auto version = std::make_shared<lambda::FunctionVersion>();
    version->name = "f";
    version->role = "arn:aws:iam::123456789012:role/r";
    version->timeout_s = 3;
    function = version;
  }
  Task<aws::ApiResult<lambda::ResolvedFunction>> resolve(aws::RequestContext, std::string,
                                                         std::string) override {
    if (!function) co_return aws::fail({"ResourceNotFoundException", 404, "Function not found"});
    co_return lambda::ResolvedFunction{.version = function, .concurrency = {}};
  }
  Task<Result<std::string>> code_directory(lambda::FunctionVersionPtr) override { co_return "/"; }
  lambda::FunctionVersionPtr function;
};

}  // namespace kiln::sources
