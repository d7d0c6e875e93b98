// SPDX-License-Identifier: Apache-2.0
#pragma once
// The invoker over the real sandbox and the real Runtime API: a custom runtime in Python, found as
// `bootstrap` in the code, speaks HTTP to it. Tests only.

#include "invoke/fakes_for_test.h"
#include "sandbox/process/process_sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::invoke {

inline constexpr std::string_view kBootstrap = R"PY(#!/usr/bin/env python3
import http.client, json, os, sys, time
print("starting")
sys.stdout.flush()
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
while True:
    api.request("GET", base + "next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    print("event", json.dumps(event))
    sys.stdout.flush()
    do = event.get("do")
    if do == "exit":
        os._exit(3)
    if do == "hang":
        time.sleep(60)
    if do == "raise":
        api.request("POST", base + request_id + "/error",
                    json.dumps({"errorMessage": "boom", "errorType": "ValueError"}),
                    {"Lambda-Runtime-Function-Error-Type": "ValueError"})
    elif do == "trace":
        api.request("POST", base + request_id + "/response",
                    json.dumps({"trace": open(os.environ["TRACE"]).read()}))
    else:
        api.request("POST", base + request_id + "/response", json.dumps({
            "pid": os.getpid(), "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            "mine": os.environ.get("MINE"), "key": os.environ["AWS_ACCESS_KEY_ID"][:4]}))
    api.getresponse().read()
)PY";

class Directory final : public lambda::FunctionDirectory {
 public:
  explicit Directory(std::string path) : path_(std::move(path)) {}
  Task<aws::ApiResult<lambda::ResolvedFunction>> resolve(aws::RequestContext, std::string,
                                                         std::string) override {
    co_return aws::fail({});
  }
  Task<Result<std::string>> code_directory(lambda::FunctionVersionPtr) override { co_return path_; }
  Task<Result<std::vector<std::string>>> layer_directories(lambda::FunctionVersionPtr) override {
    co_return layers;
  }
  std::vector<std::string> layers;

 private:
  std::string path_;
};

class RealRuntime : public ::testing::Test {
 protected:
  // Null `make`: plain processes.
  using MakeSandbox =
      std::function<std::unique_ptr<sandbox::Sandbox>(Loop&, Metrics&, const std::string& root)>;
  explicit RealRuntime(const MakeSandbox& make = nullptr) {
    root_ = ::testing::TempDir() + "kiln-real-runtime-XXXXXX";
    EXPECT_NE(::mkdtemp(root_.data()), nullptr);
    std::filesystem::create_directories(root_ + "/code");
    std::filesystem::create_directories(root_ + "/sandbox");
    std::ofstream(root_ + "/code/bootstrap") << kBootstrap;
    std::filesystem::permissions(root_ + "/code/bootstrap", std::filesystem::perms(0755));
    if (make) {
      sandbox_ = make(loop_, metrics_, root_);
    } else {
      sandbox_ = std::make_unique<sandbox::ProcessSandbox>(
          loop_, metrics_, sandbox::ProcessSandboxOptions{.directory = root_ + "/sandbox"});
    }
    if (!sandbox_) return;
    directory_ = std::make_unique<Directory>(root_ + "/code");
    invoker_ = std::make_unique<InvokerImpl>(
        ColdStartPorts{loop_.clock(), loop_, random_, metrics_, *sandbox_,
                       runtime_api_factory(loop_, metrics_), sink_, *directory_, catalog_, tokens_,
                       roles_, "http://127.0.0.1:4566"},
        InvokerOptions{});
    function_.account = "123456789012";
    function_.region = "us-east-1";
    function_.name = "hello";
    function_.revision_id = "r1";
    function_.role = "arn:aws:iam::123456789012:role/r";
    function_.runtime = "provided.al2023";
    function_.handler = "index.handler";
    function_.timeout_s = 10;
    function_.environment = {{"MINE", "yes"}};
  }
  ~RealRuntime() override {
    if (invoker_) end();

    sandbox_.reset();
    std::filesystem::remove_all(root_);
  }
  void end() {
    loop_.run_until_complete(stop());
    invoker_.reset();
  }
  Task<void> stop() {
    co_await invoker_->stop();
    co_await sandbox_->stop();
  }
  InvokeResult invoke(std::string payload, bool tail_log = true) {
    InvokeResult result;
    loop_.run_until_complete(run(std::move(payload), tail_log, result));
    return result;
  }
  Task<void> run(std::string payload, bool tail_log, InvokeResult& result) {
    InvokeRequest request;
    request.request_id = random_.uuid();
    request.payload = std::move(payload);
    request.tail_log = tail_log;
    auto invoking =
        invoker_->invoke(std::make_shared<lambda::FunctionVersion>(function_), std::move(request));
    auto answer = co_await std::move(invoking);
    if (answer) {
      result = std::move(*answer);
    } else {
      result.payload = answer.error().code + ": " + answer.error().message;
    }
  }

  Loop loop_;
  SystemRandom random_;
  Metrics metrics_;
  RecordingSink sink_;
  FakeRoles roles_;
  iam::SessionTokens tokens_{std::string(32, 'k'), random_};
  RuntimeCatalog catalog_ = RuntimeCatalog::discover({});
  lambda::FunctionVersion function_;
  std::string root_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<InvokerImpl> invoker_;
};

}  // namespace kiln::invoke
