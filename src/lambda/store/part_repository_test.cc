// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/part_repository.h"

#include "async/loop.h"
#include "gen/lambda/errors.h"
#include "lambda/store/function_repository.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

const FunctionKey kKey{.account = "123456789012", .region = "us-east-1", .name = "f"};
const std::string kFirst(64, 'a'), kSecond(64, 'b');

aws::ApiError gone() { return gen::lambda::resource_not_found_exception("gone"); }

struct World {
  Loop loop;
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  FunctionRepository functions{*store, {.code_storage_bytes = 100'000}, [](const FunctionKey&) {}};
  PartRepository parts{*store};

  void run(Task<void> task) { loop.run_until_complete(std::move(task)); }
};

FunctionRecord record(const std::string& sha256) {
  FunctionRecord out;
  out.latest.account = kKey.account;
  out.latest.region = kKey.region;
  out.latest.name = kKey.name;
  out.latest.state = State::kActive;
  out.latest.code = {.sha256_hex = sha256, .sha256_base64 = "", .size = 100};
  out.latest.redeploy("r0");
  return out;
}

Task<Result<aws::ApiResult<void>>> publish_once(FunctionTransaction& transaction,
                                                std::optional<std::string> code) {
  if (code) transaction.record().latest.code.sha256_hex = *code;
  auto publishing = transaction.publish(std::nullopt, "r");
  KILN_CO_TRY_VOID(co_await std::move(publishing));
  co_return aws::ApiResult<void>();
}

Task<bool> publish(World& world, std::optional<std::string> code = {}) {
  auto changing = world.functions.change(
      kKey, gone(), [&code](FunctionTransaction& t) { return publish_once(t, code); });
  const auto changed = co_await std::move(changing);
  co_return changed.has_value();
}

Task<std::int64_t> used(World& world) {
  const auto usage = co_await world.functions.usage(kKey.account, kKey.region);
  co_return usage->code_bytes;
}

Task<void> keeps_code(World& world) {
  EXPECT_TRUE(co_await world.functions.create(record(kFirst)));
  EXPECT_TRUE(co_await publish(world));
  EXPECT_TRUE(co_await publish(world));  // the same again: not another one
  EXPECT_TRUE(co_await publish(world, kSecond));
  EXPECT_EQ(co_await used(world), 300);
  const auto blobs = co_await world.functions.referenced_blobs();
  EXPECT_EQ(*blobs, (std::set<std::string>{kFirst, kSecond}));
  const auto page = co_await world.parts.versions(kKey, 0, 1);
  EXPECT_EQ(page->versions.size(), 1u);
  EXPECT_TRUE(page->more);
  const auto second = co_await world.parts.version(kKey, "2");
  EXPECT_TRUE(second && *second && (*second)->code.sha256_hex == kSecond);
  for (const char* none : {"3", "0", "01", "-1", "", "x", "99999999999999999999"}) {
    const auto missing = co_await world.parts.version(kKey, none);
    EXPECT_TRUE(missing && !*missing) << none;
  }
}

TEST(PublishedVersions, KeepTheirCodeAndItsShareOfTheQuota) {
  World world;
  world.run(keeps_code(world));
}

Task<Result<aws::ApiResult<void>>> add_aliases(FunctionTransaction& transaction, int count) {
  for (int i = 0; i < count; ++i) {
    const Alias alias{.name = "a" + std::to_string(i), .version = "1"};
    transaction.put(keys::alias(transaction.key(), alias.name), encode(alias));
  }
  co_return aws::ApiResult<void>();
}

Task<void> leaves_nothing(World& world) {
  EXPECT_TRUE(co_await world.functions.create(record(kFirst)));
  EXPECT_TRUE(co_await publish(world));
  const auto added = co_await world.functions.change(
      kKey, gone(), [](FunctionTransaction& t) { return add_aliases(t, 1'100); });
  EXPECT_TRUE(added);
  const auto leading = co_await world.parts.aliases_of(kKey, "1");
  EXPECT_EQ(leading->size(), 1'100u);
  EXPECT_TRUE(co_await world.functions.remove(kKey, gone()));
  EXPECT_EQ(co_await used(world), 0);
  const auto left = co_await world.store->scan(store::prefix_range(keys::parts(kKey)));
  EXPECT_TRUE(left->empty());
  EXPECT_TRUE((co_await world.functions.referenced_blobs())->empty());

  const auto again = co_await world.functions.create(record(kFirst), "r");
  EXPECT_TRUE(again && again->version && again->version->version == "2");
}

TEST(DeletingAFunction, TakesAllThatBelongsToItButNotItsNumbers) {
  World world;
  world.run(leaves_nothing(world));
}

TEST(StoredAlias, ComesBackAsItWas) {
  const Alias alias{.name = "live",
                    .version = "7",
                    .description = "d",
                    .weights = {{"8", 0.1}},
                    .revision_id = "r"};
  const auto back = decode_alias(encode(alias));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->name, "live");
  EXPECT_EQ(back->version, "7");
  EXPECT_EQ(back->description, "d");
  EXPECT_EQ(back->weights, alias.weights);
  EXPECT_EQ(back->revision_id, "r");
  EXPECT_FALSE(decode_alias(encode(alias).substr(0, 12)));
}

}  // namespace
}  // namespace kiln::lambda
