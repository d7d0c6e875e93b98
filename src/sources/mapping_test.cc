// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"
#include "base/fields.h"
#include "gen/lambda/create_event_source_mapping.h"
#include "gen/lambda/delete_event_source_mapping.h"
#include "gen/lambda/get_event_source_mapping.h"
#include "gen/lambda/list_event_source_mappings.h"
#include "gen/lambda/update_event_source_mapping.h"
#include "sources/api/operations.h"
#include "sources/fakes_for_test.h"
#include "sources/service.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <memory>

namespace kiln::sources {
namespace {

using gen::lambda::CreateEventSourceMapping;

constexpr char kQueue[] = "arn:aws:sqs:us-east-1:123456789012:q";

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out = co_await task;
}

// The operations over a memory store; the pollers run when start() was called.
struct Mappings : testing::Test {
  Mappings() {
    invoker.clock = &clock;
    service.sources.add("sqs", source);
    context.account = "123456789012";
    context.region = "us-east-1";
  }
  ~Mappings() override {
    if (started) loop.run_until_complete(service.stop());
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  template <class Model>
  aws::ApiResult<typename Model::Output> call(const aws::Operation<Model, Service>& operation,
                                              typename Model::Input input) {
    return await(operation.handle(service, context, std::move(input)));
  }
  static CreateEventSourceMapping::Input request() {
    CreateEventSourceMapping::Input input;
    input.event_source_arn = kQueue;
    input.function_name = "f";
    return input;
  }
  std::string error_of(CreateEventSourceMapping::Input input) {
    const auto answer = call(kCreateEventSourceMapping, std::move(input));
    return answer ? "" : answer.error().message;
  }
  void start() {
    service.start();
    started = true;
  }
  // Lets the supervisor act.
  std::string state(const std::string& uuid) {
    for (int i = 0; i < 50; ++i) await(turn());
    gen::lambda::GetEventSourceMapping::Input input;
    input.uuid = uuid;
    const auto answer = call(kGetEventSourceMapping, input);
    return answer ? *answer->state : answer.error().code;
  }
  Task<int> turn() {
    co_await resume_on(loop);
    co_return 0;
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics metrics;
  FakeSource source{clock};
  FakeInvoker invoker;
  FakeFunctions functions;
  std::unique_ptr<store::Store> store = store::make_memory_store(clock, loop);
  Service service{{*store, loop, PollerPorts{clock, random, metrics, functions, invoker}}};
  aws::RequestContext context;
  bool started = false;
};

TEST_F(Mappings, a_mapping_goes_through_its_states_and_does_what_they_say) {
  start();
  const auto created = call(kCreateEventSourceMapping, request());
  ASSERT_TRUE(created);
  EXPECT_EQ(created->state, "Creating");
  EXPECT_EQ(created->batch_size, 10);
  const std::string uuid = *created->uuid;
  EXPECT_EQ(created->event_source_mapping_arn,
            "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:" + uuid);
  EXPECT_EQ(state(uuid), "Enabled");
  source.put("1");
  EXPECT_EQ(source.removed.size(), 1u);

  gen::lambda::UpdateEventSourceMapping::Input update;
  update.uuid = uuid;
  update.enabled = false;
  const auto disabling = call(kUpdateEventSourceMapping, update);
  ASSERT_TRUE(disabling);
  EXPECT_EQ(disabling->state, "Disabling");
  EXPECT_EQ(state(uuid), "Disabled");
  source.put("2");
  EXPECT_EQ(source.removed.size(), 1u);

  update.enabled = true;
  update.batch_size = 1;
  EXPECT_EQ(call(kUpdateEventSourceMapping, update)->state, "Enabling");
  EXPECT_EQ(state(uuid), "Enabled");
  EXPECT_EQ(source.removed.size(), 2u);

  gen::lambda::DeleteEventSourceMapping::Input removal;
  removal.uuid = uuid;
  EXPECT_EQ(call(kDeleteEventSourceMapping, removal)->state, "Deleting");
  EXPECT_EQ(state(uuid), "ResourceNotFoundException");
  EXPECT_FALSE(call(kDeleteEventSourceMapping, removal));
  EXPECT_EQ(error_of(request()), "") << "the pair is free again";
}

TEST_F(Mappings, one_mapping_for_each_queue_and_function) {
  const auto first = call(kCreateEventSourceMapping, request());
  ASSERT_TRUE(first);
  const auto second = call(kCreateEventSourceMapping, request());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "ResourceConflictException");
  EXPECT_EQ(second.error().message,
            "An event source mapping with SQS arn (\" " + std::string(kQueue) +
                " \") and function (\" f \") already exists. Please update or delete the existing "
                "mapping with UUID " +
                *first->uuid);
  CreateEventSourceMapping::Input qualified = request();
  qualified.function_name = "f:live";
  EXPECT_EQ(error_of(qualified), "");
}

TEST_F(Mappings, settings_that_do_not_fit_are_refused) {
  auto input = request();
  input.batch_size = 11;
  EXPECT_EQ(error_of(input),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10");
  input = request();
  functions.function = [] {
    auto slow = std::make_shared<lambda::FunctionVersion>();
    slow->timeout_s = 60;
    return slow;
  }();
  EXPECT_EQ(error_of(input),
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds");
  functions.function = FakeFunctions().function;
  source.facts.fifo = true;
  input.maximum_batching_window_in_seconds = 1;
  EXPECT_EQ(error_of(input), "Batching window is not supported for FIFO queues");
  source.facts.fifo = false;
  input.maximum_retry_attempts = 1;
  EXPECT_EQ(error_of(input),
            "Unsupported MaximumRetryAttempts parameter for given event source mapping type.");
  input = request();
  input.scaling_config.emplace().maximum_concurrency = 5;
  input.provisioned_poller_config.emplace().minimum_pollers = 2;
  EXPECT_NE(error_of(input), "");
  input = request();
  input.event_source_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
  EXPECT_TRUE(error_of(input).starts_with("Unrecognized event source"));
}

TEST_F(Mappings, lists_page_by_function_and_source) {
  for (const char* function : {"f", "g:1", "g:2"}) {
    auto input = request();
    input.function_name = function;
    ASSERT_TRUE(call(kCreateEventSourceMapping, input));
  }
  gen::lambda::ListEventSourceMappings::Input list;
  list.max_items = 2;
  const auto first = call(kListEventSourceMappings, list);
  ASSERT_TRUE(first && first->next_marker);
  EXPECT_EQ(first->event_source_mappings->size(), 2u);
  list.marker = first->next_marker;
  const auto second = call(kListEventSourceMappings, list);
  EXPECT_EQ(second->event_source_mappings->size(), 1u);
  EXPECT_FALSE(second->next_marker);
  gen::lambda::ListEventSourceMappings::Input by_function;
  by_function.function_name = "f";
  EXPECT_EQ(call(kListEventSourceMappings, by_function)->event_source_mappings->size(), 1u);
  by_function.event_source_arn = "arn:aws:sqs:us-east-1:123456789012:other";
  EXPECT_EQ(call(kListEventSourceMappings, by_function)->event_source_mappings->size(), 0u);
}

TEST_F(Mappings, a_restart_polls_again) {
  ASSERT_TRUE(call(kCreateEventSourceMapping, request()));
  Service again{{*store, loop, PollerPorts{clock, random, metrics, functions, invoker}}};
  again.sources.add("sqs", source);
  again.start();
  for (int i = 0; i < 50; ++i) await(turn());
  source.put("1");
  EXPECT_EQ(source.removed.size(), 1u);
  loop.run_until_complete(again.stop());
}

TEST(MappingCodec, every_field_comes_back) {
  Mapping m{.uuid = "u", .account = "1", .region = "r", .source_arn = "s", .function_arn = "f"};
  m.state = MappingState::kUpdating;
  m.filters = {"{}", R"({"body":{"a":[1]}})"};
  m.maximum_concurrency = 7;
  m.pollers = {.minimum = 3, .maximum = 9, .group = "g"};
  m.tags = {{"k", "v"}};
  m.report_failures = true;
  m.counts_events = true;
  const std::string bytes = encode(m);
  const auto decoded = decode_mapping(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode(*decoded), bytes);
  EXPECT_EQ(decoded->pollers->group, "g");
  // What an earlier version wrote ends before the metrics.
  const std::size_t number = FieldWriter().number(1).bytes().size() - FieldWriter().bytes().size();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const bool earlier = size == bytes.size() - number;
    EXPECT_EQ(decode_mapping(std::string_view(bytes).substr(0, size)).has_value(), earlier) << size;
  }
}

}  // namespace
}  // namespace kiln::sources
