// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/operations.h"

#include "aws/operation.h"
#include "gen/lambda/create_function.h"
#include "gen/lambda/delete_function.h"
#include "gen/lambda/get_account_settings.h"
#include "gen/lambda/get_function.h"
#include "gen/lambda/list_functions.h"
#include "gen/lambda/list_tags.h"
#include "gen/lambda/tag_resource.h"
#include "gen/lambda/untag_resource.h"
#include "gen/lambda/update_function_code.h"
#include "gen/lambda/update_function_configuration.h"
#include "lambda/model/decisions.h"
#include "lambda/testing/fixture.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace kiln::lambda {
namespace {

using testing::World;
using testing::ZipBuilder;

gen::lambda::CreateFunctionRequest create_request(std::string name) {
  gen::lambda::CreateFunctionRequest out;
  out.function_name = std::move(name);
  out.runtime = "python3.12";
  out.handler = "app.handler";
  out.role = "arn:aws:iam::123456789012:role/r";
  out.code.emplace().zip_file = ZipBuilder().add("app.py", "def handler(e, c): pass").build();
  return out;
}

// Calls one operation; a failed one fails the test and answers nothing.
template <class Model>
Task<aws::ApiResult<typename Model::Output>> call(World& world,
                                                  const aws::Operation<Model, Service>& operation,
                                                  typename Model::Input input) {
  auto task = operation.handle(*world.service, world.context(), std::move(input));
  co_return co_await std::move(task);
}

// A test's body is a coroutine; it stops the service before the world goes.
void run(Task<void> (*body)(World&)) {
  World world;
  const auto with_service = [](World& w, Task<void> (*b)(World&)) -> Task<void> {
    const auto started = co_await w.service->start();
    EXPECT_TRUE(started);
    co_await b(w);
    co_await w.service->stop();
  };
  world.loop.run_until_complete(with_service(world, body));
}

Task<void> create_and_wait(World& world, std::string name) {
  const auto created = co_await call(world, kCreateFunction, create_request(name));
  EXPECT_TRUE(created) << created.error().message;
  const auto resolved = co_await world.service->directory.resolve(world.context(), name, "");
  EXPECT_TRUE(resolved) << resolved.error().message;
}

TEST(CreateFunction, IsPendingAndBecomesActive) {
  run([](World& world) -> Task<void> {
    const auto created = co_await call(world, kCreateFunction, create_request("hello"));
    EXPECT_TRUE(created) << created.error().message;
    if (!created) co_return;
    EXPECT_EQ(created->state, "Pending");
    EXPECT_EQ(created->state_reason_code, "Creating");
    EXPECT_EQ(created->function_arn, "arn:aws:lambda:us-east-1:123456789012:function:hello");

    const auto function = co_await world.service->directory.resolve(world.context(), "hello", "");
    EXPECT_TRUE(function) << function.error().message;
    if (!function) co_return;
    EXPECT_EQ(function->version->state, State::kActive);
    const auto path = co_await world.service->directory.code_directory(function->version);
    EXPECT_TRUE(path);
    EXPECT_TRUE(std::filesystem::exists(*path + "/app.py"));

    gen::lambda::GetFunctionRequest get;
    get.function_name = "hello";
    get.qualifier = "$LATEST";
    const auto got = co_await call(world, kGetFunction, get);
    EXPECT_TRUE(got);
    if (!got) co_return;
    EXPECT_EQ(got->configuration->state, "Active");
    EXPECT_EQ(got->configuration->last_update_status, "Successful");
    EXPECT_TRUE(got->configuration->function_arn->ends_with(":hello:$LATEST"));
  });
}

TEST(CreateFunction, RefusesExistingNamesUntrustedRolesAndBadZips) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    const auto again = co_await call(world, kCreateFunction, create_request("hello"));
    EXPECT_EQ(again.error().code, "ResourceConflictException");
    EXPECT_EQ(again.error().message, "Function already exist: hello");

    auto untrusted = create_request("other");
    untrusted.role = "arn:aws:iam::123456789012:role/untrusted";
    const auto role = co_await call(world, kCreateFunction, untrusted);
    EXPECT_EQ(role.error().message,
              "The role defined for the function cannot be assumed by Lambda.");

    auto bad = create_request("other");
    bad.code->zip_file = "not a zip";
    const auto zip = co_await call(world, kCreateFunction, bad);
    EXPECT_EQ(zip.error().message,
              "Could not unzip uploaded file. Please check your file, then try to upload again.");
  });
}

TEST(GetFunction, LinksToTheCodeForTenMinutes) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    gen::lambda::GetFunctionRequest get;
    get.function_name = "hello";
    const auto got = co_await call(world, kGetFunction, get);
    EXPECT_TRUE(got);
    if (!got) co_return;
    const std::string url = *got->code->location;
    const std::string prefix = "http://localhost:4566/_kiln/code/";
    EXPECT_TRUE(url.starts_with(prefix)) << url;
    const auto question = url.find('?');
    const std::string id = url.substr(prefix.size(), question - prefix.size());
    const std::string query = url.substr(question + 1);
    const Timestamp now = world.context().now;
    const CodeLinks& links = world.service->links;
    const auto download = co_await links.open(id, query, now);
    EXPECT_TRUE(download);
    const auto late = co_await links.open(id, query, Timestamp{now.ms + 601'000});
    EXPECT_EQ(late.error().message, "Request has expired");
    const auto forged = co_await links.open(id, query + "0", now);
    EXPECT_EQ(forged.error().code, "AccessDenied");
  });
}

TEST(UpdateFunctionCode, ReplacesTheCodeThatInvocationsSee) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    gen::lambda::UpdateFunctionCodeRequest update;
    update.function_name = "hello";
    update.zip_file = ZipBuilder().add("app.py", "second").build();
    update.dry_run = true;
    const auto checked = co_await call(world, kUpdateFunctionCode, update);
    EXPECT_TRUE(checked) << checked.error().message;
    update.dry_run = false;
    const auto updated = co_await call(world, kUpdateFunctionCode, update);
    EXPECT_TRUE(updated) << updated.error().message;
    if (!updated) co_return;
    EXPECT_EQ(updated->last_update_status, "InProgress");

    const auto function = co_await world.service->directory.resolve(world.context(), "hello", "");
    EXPECT_TRUE(function);
    if (!function) co_return;
    EXPECT_EQ(function->version->code.sha256_base64, *updated->code_sha256);
    const auto referenced = co_await world.service->referenced_blobs();
    EXPECT_EQ(*referenced, std::set<std::string>{function->version->code.sha256_hex});

    update.revision_id = "an old one";
    const auto stale = co_await call(world, kUpdateFunctionCode, update);
    EXPECT_EQ(stale.error().http_status, 412);
  });
}

TEST(UpdateFunctionConfiguration, IsRefusedWhileAnUpdateIsInProgress) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    gen::lambda::UpdateFunctionConfigurationRequest update;
    update.function_name = "hello";
    update.timeout = 10;
    const FunctionKey key{.account = "123456789012", .region = "us-east-1", .name = "hello"};
    const auto begun =
        co_await world.service->repository.update(key, {}, [](FunctionRecord& record) {
          begin_update(record.latest, "r2", {});
          return aws::ApiResult<void>();
        });
    EXPECT_TRUE(begun);
    const auto refused = co_await call(world, kUpdateFunctionConfiguration, update);
    EXPECT_FALSE(refused);
    if (refused) co_return;
    EXPECT_EQ(refused.error().http_status, 409);

    world.service->activator.activate(key);
    co_await world.service->directory.resolve(world.context(), "hello", "");
    const auto accepted = co_await call(world, kUpdateFunctionConfiguration, update);
    EXPECT_TRUE(accepted);
    const auto function = co_await world.service->directory.resolve(world.context(), "hello", "");
    EXPECT_EQ(function->version->timeout_s, 10);
  });
}

TEST(DeleteFunction, RemovesTheFunctionAndItsUse) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    const auto before = co_await call(world, kGetAccountSettings, {});
    EXPECT_EQ(before->account_usage->function_count, 1);
    EXPECT_GT(*before->account_usage->total_code_size, 0);

    gen::lambda::DeleteFunctionRequest remove;
    remove.function_name = "hello";
    const auto removed = co_await call(world, kDeleteFunction, remove);
    EXPECT_EQ(removed->status_code, 204);
    const auto missing = co_await call(world, kDeleteFunction, remove);
    EXPECT_EQ(missing.error().message,
              "Function not found: arn:aws:lambda:us-east-1:123456789012:function:hello");
    const auto resolved = co_await world.service->directory.resolve(world.context(), "hello", "");
    EXPECT_FALSE(resolved);
    const auto after = co_await call(world, kGetAccountSettings, {});
    EXPECT_EQ(after->account_usage->function_count, 0);
    EXPECT_EQ(after->account_usage->total_code_size, 0);
    const auto referenced = co_await world.service->referenced_blobs();
    EXPECT_TRUE(referenced->empty());
  });
}

TEST(ListFunctions, PagesInOrderOfNames) {
  run([](World& world) -> Task<void> {
    for (const char* name : {"c", "a", "b"}) co_await create_and_wait(world, name);
    gen::lambda::ListFunctionsRequest list;
    list.max_items = 2;
    const auto first = co_await call(world, kListFunctions, list);
    EXPECT_EQ(first->functions->size(), 2u);
    EXPECT_EQ(first->functions->at(0).function_name, "a");
    EXPECT_FALSE(first->functions->at(0).state.has_value());
    list.marker = first->next_marker;
    const auto second = co_await call(world, kListFunctions, list);
    EXPECT_EQ(second->functions->size(), 1u);
    EXPECT_EQ(second->functions->at(0).function_name, "c");
    EXPECT_FALSE(second->next_marker.has_value());
  });
}

TEST(Tags, AreAddedReplacedAndRemoved) {
  run([](World& world) -> Task<void> {
    co_await create_and_wait(world, "hello");
    const std::string arn = "arn:aws:lambda:us-east-1:123456789012:function:hello";
    gen::lambda::TagResourceRequest tag;
    tag.resource = arn;
    tag.tags = Tags{{"a", "1"}, {"b", "2"}};
    const auto tagged = co_await call(world, kTagResource, tag);
    EXPECT_TRUE(tagged);
    gen::lambda::UntagResourceRequest untag;
    untag.resource = arn;
    untag.tag_keys = {"a", "unknown"};
    const auto untagged = co_await call(world, kUntagResource, untag);
    EXPECT_TRUE(untagged);
    gen::lambda::ListTagsRequest list;
    list.resource = arn;
    const auto tags = co_await call(world, kListTags, list);
    EXPECT_EQ(*tags->tags, (Tags{{"b", "2"}}));

    list.resource = arn + ":1";
    const auto version = co_await call(world, kListTags, list);
    EXPECT_EQ(version.error().message,
              "Tags on function aliases and versions are not supported. Please specify a function "
              "ARN.");
    for (int i = 0; i < 50; ++i) (*tag.tags)["k" + std::to_string(i)] = "v";
    const auto many = co_await call(world, kTagResource, tag);
    EXPECT_EQ(many.error().message, "Number of tags exceeds resource tag limit.");
  });
}

}  // namespace
}  // namespace kiln::lambda
