// SPDX-License-Identifier: Apache-2.0
#include "gen/lambda/errors.h"
#include "lambda/testing/fixture.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

using testing::World;
using testing::ZipBuilder;

const FunctionKey kKey{.account = "123456789012", .region = "us-east-1", .name = "hello"};

Task<void> store_function(World& world, State state) {
  auto accept = world.service->code.accept(ZipBuilder().add("app.py", "x").build(), false);
  const auto code = co_await std::move(accept);
  FunctionRecord record;
  record.latest.account = kKey.account;
  record.latest.region = kKey.region;
  record.latest.name = kKey.name;
  record.latest.revision_id = "r1";
  record.latest.state = state;
  record.latest.code = *code;
  const auto created = co_await world.service->repository.create(record);
  EXPECT_TRUE(created) << created.error().message;
}

Task<void> resolves_from_memory(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kActive);
  auto& directory = world.service->directory;
  const auto first = co_await directory.resolve(world.context(), "hello", "");
  const auto second = co_await directory.resolve(world.context(), "hello:$LATEST", "");
  EXPECT_EQ(first->version, second->version);
  EXPECT_EQ(directory.size(), 1u);

  // Another process's commit: only the watch tells of it.
  FunctionRepository elsewhere(*world.store, {}, [](const FunctionKey&) {});
  const auto missing = gen::lambda::resource_not_found_exception("gone");
  const auto updated = co_await elsewhere.update(kKey, missing, [](FunctionRecord& record) {
    record.latest.timeout_s = 77;
    return aws::ApiResult<void>();
  });
  EXPECT_TRUE(updated);
  co_await resume_on(world.loop);
  co_await resume_on(world.loop);
  const auto third = co_await directory.resolve(world.context(), "hello", "");
  EXPECT_EQ(third->version->timeout_s, 77);
  co_await world.service->stop();
}

TEST(FunctionDirectory, AnswersFromMemoryUntilTheFunctionChanges) {
  World world;
  world.loop.run_until_complete(resolves_from_memory(world));
}

Task<void> knows_reservations(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kActive);
  auto& directory = world.service->directory;
  const auto free = co_await directory.resolve(world.context(), "hello", "");
  EXPECT_EQ(free->concurrency.reserved, std::nullopt);
  EXPECT_EQ(free->concurrency.unreserved, 1'000);

  FunctionRepository elsewhere(*world.store, {}, [](const FunctionKey&) {});
  FunctionRecord other;
  other.latest.account = kKey.account;
  other.latest.region = kKey.region;
  other.latest.name = "other";
  other.latest.state = State::kActive;
  other.reserved_concurrency = 0;
  EXPECT_TRUE(co_await elsewhere.create(other));
  const auto missing = gen::lambda::resource_not_found_exception("gone");
  const FunctionKey other_key{.account = kKey.account, .region = kKey.region, .name = "other"};
  EXPECT_TRUE(co_await elsewhere.update(other_key, missing, [](FunctionRecord& record) {
    record.reserved_concurrency = 300;
    return aws::ApiResult<void>();
  }));
  co_await resume_on(world.loop);
  co_await resume_on(world.loop);
  const auto shared = co_await directory.resolve(world.context(), "hello", "");
  EXPECT_EQ(shared->concurrency.unreserved, 700);
  const auto reserved = co_await directory.resolve(world.context(), "other", "");
  EXPECT_EQ(reserved->concurrency.reserved, 300);
  co_await world.service->stop();
}

TEST(FunctionDirectory, TellsWhatReservationsLeave) {
  World world;
  world.loop.run_until_complete(knows_reservations(world));
}

Task<Result<aws::ApiResult<void>>> publish_twice(FunctionTransaction& transaction) {
  auto first = transaction.publish(std::nullopt, "v1");
  KILN_CO_TRY_VOID(co_await std::move(first));
  transaction.record().latest.timeout_s = 9;
  auto second = transaction.publish(std::nullopt, "v2");
  KILN_CO_TRY_VOID(co_await std::move(second));
  const Alias alias{.name = "live", .version = "1", .weights = {{"2", 0.2}}};
  transaction.put(keys::alias(transaction.key(), "live"), encode(alias));
  co_return aws::ApiResult<void>();
}

Task<Result<aws::ApiResult<void>>> point_at_second(FunctionTransaction& transaction) {
  transaction.put(keys::alias(transaction.key(), "live"),
                  encode(Alias{.name = "live", .version = "2"}));
  co_return aws::ApiResult<void>();
}

Task<void> routes(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kActive);
  const auto gone = gen::lambda::resource_not_found_exception("gone");
  auto& repository = world.service->repository;
  EXPECT_TRUE(co_await repository.change(kKey, gone, publish_twice));
  auto& directory = world.service->directory;
  int second = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto found = co_await directory.resolve(world.context(), "hello", "live");
    EXPECT_TRUE(found);
    if (!found) co_return;
    second += found->version->version == "2" ? 1 : 0;
    if (i == 0) EXPECT_EQ(found->alias, "live");
  }
  EXPECT_NEAR(second, 2'000, 160);  // four standard deviations
  const auto first = co_await directory.resolve(world.context(), "hello", "1");
  EXPECT_TRUE(first && first->version->timeout_s == 3 && first->alias.empty());

  EXPECT_TRUE(co_await repository.change(kKey, gone, point_at_second));
  const auto moved = co_await directory.resolve(world.context(), "hello:live", "");
  EXPECT_TRUE(moved && moved->version->version == "2");
  for (const char* missing : {"3", "none"}) {
    const auto none = co_await directory.resolve(world.context(), "hello", missing);
    EXPECT_FALSE(none);
    if (!none) EXPECT_EQ(none.error().code, "ResourceNotFoundException");
  }
  co_await world.service->stop();
}

TEST(FunctionDirectory, RoutesByTheSharesOfAnAlias) {
  World world;
  world.loop.run_until_complete(routes(world));
}

Task<void> waits_for_activation(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kPending);
  world.service->activator.activate(kKey);
  const auto function = co_await world.service->directory.resolve(world.context(), "hello", "");
  EXPECT_TRUE(function) << function.error().message;
  if (function) EXPECT_EQ(function->version->state, State::kActive);
  co_await world.service->stop();
}

TEST(FunctionDirectory, WaitsUntilAPendingFunctionIsActive) {
  World world;
  world.loop.run_until_complete(waits_for_activation(world));
}

Task<void> gives_up_waiting(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kPending);
  CachedFunctionDirectory impatient(*world.store, world.service->repository, world.service->code,
                                    world.loop.clock(), world.random, world.loop, 1'000,
                                    {.activation_wait_ms = 1});
  const auto function = co_await impatient.resolve(world.context(), "hello", "");
  EXPECT_FALSE(function);
  if (function) co_return;
  EXPECT_EQ(function.error().code, "ResourceConflictException");
  EXPECT_TRUE(function.error().message.ends_with("following state: Pending"));
}

TEST(FunctionDirectory, AnswersAConflictWhenActivationTakesTooLong) {
  World world;
  world.loop.run_until_complete(gives_up_waiting(world));
}

Task<void> goes_on_after_restart(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kPending);
  co_await world.service->stop();
  const auto restarted = world.make_service();
  co_await restarted->start();
  const auto function = co_await restarted->directory.resolve(world.context(), "hello", "");
  EXPECT_TRUE(function);
  const auto left = co_await restarted->repository.pending();
  EXPECT_TRUE(left->empty());
  co_await restarted->stop();
}

TEST(Activator, GoesOnWithWhatARestartInterrupted) {
  World world;
  world.loop.run_until_complete(goes_on_after_restart(world));
}

Task<void> keeps_to_its_bound(World& world) {
  co_await world.service->start();
  co_await store_function(world, State::kActive);
  CachedFunctionDirectory small(*world.store, world.service->repository, world.service->code,
                                world.loop.clock(), world.random, world.loop, 1'000,
                                {.max_entries = 1});
  EXPECT_TRUE(co_await small.resolve(world.context(), "hello", ""));
  const auto missing = co_await small.resolve(world.context(), "other", "");
  EXPECT_FALSE(missing);
  EXPECT_LE(small.size(), 1u);
  EXPECT_TRUE(co_await small.resolve(world.context(), "hello", ""));
}

TEST(FunctionDirectory, KeepsToItsBound) {
  World world;
  world.loop.run_until_complete(keeps_to_its_bound(world));
}

}  // namespace
}  // namespace kiln::lambda
