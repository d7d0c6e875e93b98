// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/layer_repository.h"

#include "async/loop.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

namespace kiln::lambda {
namespace {

LayerKey key(std::string name = "l") {
  return {.account = "123456789012", .region = "us-east-1", .name = std::move(name)};
}

LayerVersion layer(std::int64_t size = 10) {
  LayerVersion out{.key = key()};
  out.description = "words";
  out.runtimes = {"python3.12", "nodejs22.x"};
  out.code = {
      .sha256_hex = "aa", .sha256_base64 = "qg==", .size = size, .unzipped_bytes = 2 * size};
  out.statements = {{.id = "s", .principal = "*", .organization = "o-1234567890"}};
  return out;
}

struct Fixture {
  Loop loop;
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  LayerRepository layers{*store, {.code_storage_bytes = 100}};
  FunctionRepository functions{*store, {.code_storage_bytes = 100}, [](const FunctionKey&) {}};
};

Task<void> counts_and_references(Fixture& f) {
  const auto first = co_await f.layers.publish(layer(60));
  EXPECT_TRUE(first);
  const auto second = co_await f.layers.publish(layer(60));
  EXPECT_EQ(second.error().code, "CodeStorageExceededException");
  EXPECT_EQ((co_await f.functions.usage("123456789012", "us-east-1"))->code_bytes, 60);
  EXPECT_TRUE((co_await f.functions.referenced_blobs())->contains("aa"));
  EXPECT_TRUE(co_await f.layers.remove(key(), 1));
  EXPECT_TRUE(co_await f.layers.remove(key(), 1));
  EXPECT_EQ((co_await f.functions.usage("123456789012", "us-east-1"))->code_bytes, 0);
  EXPECT_TRUE((co_await f.functions.referenced_blobs())->empty());
  const auto third = co_await f.layers.publish(layer());
  EXPECT_EQ(third->version, 2);
}

TEST(LayerRepository, CountsWhatIsKeptAndNeverReusesANumber) {
  Fixture f;
  f.loop.run_until_complete(counts_and_references(f));
}

Task<void> keeps_packages_of_functions(Fixture& f) {
  FunctionRecord record;
  record.latest.account = "123456789012";
  record.latest.region = "us-east-1";
  record.latest.name = "hello";
  record.latest.code.sha256_hex = "cc";
  record.latest.layers = {{.arn = key().version_arn(1), .code = layer().code},
                          {.arn = key("m").version_arn(1), .code = {.sha256_hex = "bb"}}};
  const std::string merged = layers_id(record.latest);
  EXPECT_TRUE(co_await f.functions.create(record));
  EXPECT_EQ(*(co_await f.functions.referenced_blobs()),
            (std::set<std::string>{"aa", "bb", "cc", merged}));
  const FunctionKey name{.account = "123456789012", .region = "us-east-1", .name = "hello"};
  const auto change = [](FunctionRecord& r) {
    r.latest.layers.pop_back();
    return aws::ApiResult<void>();
  };
  EXPECT_TRUE(co_await f.functions.update(name, {}, change));
  EXPECT_EQ(*(co_await f.functions.referenced_blobs()), (std::set<std::string>{"aa", "cc"}));
  const auto found = co_await f.functions.find(name);
  EXPECT_EQ((*found)->latest.layers.front().code.unzipped_bytes, 20);
  EXPECT_TRUE(co_await f.functions.remove(name, {}));
  EXPECT_TRUE((co_await f.functions.referenced_blobs())->empty());
}

TEST(LayerRepository, PackagesStayWhileAFunctionHasThem) {
  Fixture f;
  f.loop.run_until_complete(keeps_packages_of_functions(f));
}

TEST(LayerCodec, KeepsEverything) {
  const auto read = decode_layer_version(key(), 3, encode(layer()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->arn(), "arn:aws:lambda:us-east-1:123456789012:layer:l:3");
  EXPECT_EQ(read->runtimes, layer().runtimes);
  EXPECT_EQ(policy_of(*read),
            R"({"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"s","Effect":"Allow",)"
            R"("Principal":"*","Action":"lambda:GetLayerVersion",)"
            R"("Resource":"arn:aws:lambda:us-east-1:123456789012:layer:l:3","Condition":)"
            R"({"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}]})");
  EXPECT_FALSE(decode_layer_version(key(), 3, "\1damaged"));
}

TEST(LayerArn, IsOfAVersion) {
  EXPECT_EQ(parse_layer_version_arn(key().version_arn(7))->version, 7);
  for (const char* bad : {"arn:aws:lambda:us-east-1:123456789012:layer:l",
                          "arn:aws:lambda:us-east-1:123456789012:layer:l:x",
                          "arn:aws:lambda:us-east-1:123456789012:layer::1",
                          "arn:aws:lambda:us-east-1:123456789012:function:l:1", "l"}) {
    EXPECT_FALSE(parse_layer_version_arn(bad)) << bad;
  }
}

TEST(LayerPolicy, EndsAtItsLimit) {
  LayerVersion full = layer();
  aws::ApiResult<void> added;
  int count = 0;
  for (; added && count < 1'000; ++count) {
    added = add_statement(full, {.id = "s" + std::to_string(count), .principal = "*"}, {});
  }
  EXPECT_EQ(added.error().code, "PolicyLengthExceededException");
  EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace kiln::lambda
