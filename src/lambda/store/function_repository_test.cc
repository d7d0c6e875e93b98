// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/function_repository.h"

#include "async/loop.h"
#include "gen/lambda/errors.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

FunctionRecord record(std::string account, std::string name, std::int64_t size = 10) {
  FunctionRecord out;
  out.latest.account = std::move(account);
  out.latest.region = "us-east-1";
  out.latest.name = std::move(name);
  out.latest.state = State::kActive;
  out.latest.environment = {{"KEY", "value \"quoted\""}};
  out.latest.code = {.sha256_hex = "aa", .sha256_base64 = "qg==", .size = size};
  out.tags = {{"team", "blue"}};
  return out;
}

struct Fixture {
  Loop loop;
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  FunctionRepository repository{*store,
                                {.code_storage_bytes = 100, .concurrent_executions = 1'000},
                                [](const FunctionKey&) {}};
};

Task<void> keeps_functions_apart(Fixture& f) {
  for (const char* account : {"111111111111", "222222222222"}) {
    EXPECT_TRUE(co_await f.repository.create(record(account, "hello")));
  }
  auto in_one = co_await f.repository.list("111111111111", "us-east-1", "", 50);
  EXPECT_EQ(in_one->functions.size(), 1u);
  auto elsewhere = co_await f.repository.list("111111111111", "eu-west-1", "", 50);
  EXPECT_TRUE(elsewhere->functions.empty());
  const FunctionKey key{.account = "222222222222", .region = "us-east-1", .name = "hello"};
  const auto found = co_await f.repository.find(key);
  EXPECT_EQ((*found)->latest.environment.at("KEY"), "value \"quoted\"");
  EXPECT_EQ((*found)->tags.at("team"), "blue");
}

TEST(FunctionRepository, KeepsAccountsAndRegionsApart) {
  Fixture f;
  f.loop.run_until_complete(keeps_functions_apart(f));
}

Task<void> guards_the_quota(Fixture& f) {
  EXPECT_TRUE(co_await f.repository.create(record("111111111111", "a", 60)));
  const auto second = co_await f.repository.create(record("111111111111", "b", 60));
  EXPECT_EQ(second.error().code, "CodeStorageExceededException");
  EXPECT_TRUE(co_await f.repository.create(record("222222222222", "b", 60)));
  const auto usage = co_await f.repository.usage("111111111111", "us-east-1");
  EXPECT_EQ(usage->code_bytes, 60);
  EXPECT_EQ(usage->function_count, 1);
}

TEST(FunctionRepository, GuardsTheCodeStorageQuota) {
  Fixture f;
  f.loop.run_until_complete(guards_the_quota(f));
}

Task<void> create_one(Fixture& f, int number, int& done) {
  auto task = f.repository.create(record("111111111111", "f" + std::to_string(number), 1));
  const auto created = co_await std::move(task);
  EXPECT_TRUE(created);
  ++done;
}

Task<void> retries_conflicts(Fixture& f) {
  int done = 0;
  for (int i = 0; i < 16; ++i) spawn(create_one(f, i, done));
  while (done < 16) co_await resume_on(f.loop);
  const auto usage = co_await f.repository.usage("111111111111", "us-east-1");
  EXPECT_EQ(usage->function_count, 16);
}

TEST(FunctionRepository, RetriesWhenOthersCommitMeanwhile) {
  Fixture f;
  f.loop.run_until_complete(retries_conflicts(f));
}

TEST(FunctionCodec, RefusesValuesOfANewerFormat) {
  EXPECT_FALSE(decode_function(R"({"v":2,"latest":{}})"));
  EXPECT_FALSE(decode_function("nonsense"));
  EXPECT_TRUE(decode_function(encode(record("111111111111", "a"))));
}

Task<void> keeps_the_unreserved_minimum(Fixture& f) {
  EXPECT_TRUE(co_await f.repository.create(record("111111111111", "hello")));
  const FunctionKey key{.account = "111111111111", .region = "us-east-1", .name = "hello"};
  const auto missing = gen::lambda::resource_not_found_exception("gone");
  const auto reserve = [](std::optional<std::int32_t> n) {
    return [n](FunctionRecord& record) {
      record.reserved_concurrency = n;
      return aws::ApiResult<void>();
    };
  };
  const auto too_much = co_await f.repository.update(key, missing, reserve(901));
  EXPECT_FALSE(too_much);
  EXPECT_EQ(too_much.error().message,
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100].");
  EXPECT_TRUE(co_await f.repository.update(key, missing, reserve(900)));
  EXPECT_EQ((co_await f.repository.usage("111111111111", "us-east-1"))->reserved_concurrency, 900);
  EXPECT_EQ((*(co_await f.repository.find(key)))->reserved_concurrency, 900);
  EXPECT_TRUE(co_await f.repository.update(key, missing, reserve(std::nullopt)));
  EXPECT_TRUE(co_await f.repository.update(key, missing, reserve(500)));
  EXPECT_TRUE(co_await f.repository.remove(key, missing));
  EXPECT_EQ((co_await f.repository.usage("111111111111", "us-east-1"))->reserved_concurrency, 0);
}

TEST(FunctionRepository, ReservationsLeaveTheUnreservedMinimum) {
  Fixture f;
  f.loop.run_until_complete(keeps_the_unreserved_minimum(f));
}

}  // namespace
}  // namespace kiln::lambda
