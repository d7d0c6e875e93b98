// SPDX-License-Identifier: Apache-2.0
#include "services/logs/model/chunk.h"
#include "services/logs/model/codec.h"
#include "services/logs/test_service.h"

#include <gtest/gtest.h>

namespace kiln::logs {
namespace {

TEST(Codec, NumbersAndTextsComeBack) {
  Encoder out;
  const std::int64_t numbers[] = {0, -1, 1, 127, 128, -129, INT64_MAX, INT64_MIN};
  for (const auto n : numbers) out.integer(n);
  out.text("").text(std::string(300, 'x'));
  Decoder in(out.bytes());
  for (const auto n : numbers) EXPECT_EQ(in.integer(), n);
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.text(), std::string(300, 'x'));
  EXPECT_TRUE(in.ok());
  in.integer();
  EXPECT_FALSE(in.ok());
}

TEST(Codec, DamagedValuesAreRefused) {
  EXPECT_FALSE(decode_chunk(""));
  EXPECT_FALSE(decode_chunk("\x01\x02\xff\xff\xff"));
  EXPECT_FALSE(decode_group("\x07"));
  EXPECT_FALSE(decode_stream(encode(Stream{}).substr(0, 3)));
}

class Events : public ServiceTest {
 protected:
  Written write(std::vector<InputEvent> events, Missing missing = Missing::kCreate) {
    const auto written = await(
        service.writer.write(group, "s", std::move(events), store::Durability::kOnDisk, missing));
    EXPECT_TRUE(written);
    return *written;
  }
  keys::StreamId id() {
    const auto g = await(service.catalog.find_group(group));
    const auto s = await(service.catalog.find_stream(group, (*g)->id, "s"));
    return {group.account, group.region, (*g)->id, (*s)->id};
  }
  std::vector<std::string> read(StreamQuery query) {
    query.stream = id();
    const auto events = await(service.reader.read(std::move(query)));
    std::vector<std::string> out;
    for (const auto& e : *events) out.push_back(e.message);
    return out;
  }
  using V = std::vector<std::string>;
  const GroupName group{"000000000000", "us-east-1", "g"};
  const std::int64_t t = 1'767'225'600'000;
};

TEST_F(Events, AreOrderedByTimeThenArrivalAcrossChunks) {
  write({{t + 5, "b"}, {t, "a"}, {t + 5, "c"}});
  write({{t + 61'000, "e"}, {t + 5, "d"}, {t - 61'000, "first"}});
  const StreamQuery forward{.end_ms = t + 100'000, .order = EventPage::Order::kOldestFirst};
  EXPECT_EQ(read(forward), (V{"first", "a", "b", "c", "d", "e"}));
  const StreamQuery newest{.end_ms = t + 100'000, .max_events = 3};
  EXPECT_EQ(read(newest), (V{"c", "d", "e"}));
  const StreamQuery range{.begin_ms = t, .end_ms = t + 5};
  EXPECT_EQ(read(range), (V{"a"}));
}

TEST_F(Events, NeedTheirStreamUnlessToldToMakeIt) {
  EXPECT_EQ(write({{t, "x"}}, Missing::kRefuse), Written::kNoGroup);
  await(service.catalog.create_group(group, {}));
  EXPECT_EQ(write({{t, "x"}}, Missing::kRefuse), Written::kNoStream);
  EXPECT_EQ(write({{t, "x"}}), Written::kDone);
}

TEST_F(Events, LargeMessagesAndLargeBatchesFitTheStoresLimits) {
  const std::string large(1'000'000, 'L'), inline_largest(32 * 1024, 'i');
  write({{t, large}});
  std::vector<InputEvent> many;
  for (int i = 0; i < 60; ++i) many.push_back({t + 1 + i, inline_largest});
  write(std::move(many));
  const StreamQuery first{
      .end_ms = t + 1, .order = EventPage::Order::kOldestFirst, .max_events = 1};
  EXPECT_EQ(read(first), (V{large}));
  const StreamQuery page{.end_ms = t + 100, .order = EventPage::Order::kOldestFirst};
  EXPECT_EQ(read(page).size(), 2U) << "a page holds 1 MiB";
  const StreamQuery rest{.begin_ms = t + 1, .end_ms = t + 100};
  EXPECT_EQ(read(rest).size(), 31U);
  const auto bytes = await(service.catalog.stored_bytes(group, id().group_id));
  EXPECT_EQ(*bytes, 1'000'026 + 60 * (32 * 1024 + 26));
}

TEST_F(Events, PagesInBothDirectionsMeetEveryEventOnce) {
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) {
    std::vector<InputEvent> some;
    for (int j = 0; j < 4; ++j) {
      some.push_back(
          {t + (i * 37 + j * 13'000) % 150'000, std::to_string(i) + "." + std::to_string(j)});
    }
    write(std::move(some));
  }
  const StreamQuery whole{.end_ms = t + 200'000, .order = EventPage::Order::kOldestFirst};
  all = read(whole);
  ASSERT_EQ(all.size(), 200U);
  for (const auto order : {EventPage::Order::kOldestFirst, EventPage::Order::kNewestFirst}) {
    std::vector<std::string> seen;
    StreamQuery query{.stream = id(), .end_ms = t + 200'000, .order = order, .max_events = 7};
    for (;;) {
      const auto page = await(service.reader.read(query));
      if (page->empty()) break;
      const bool forward = order == EventPage::Order::kOldestFirst;
      const auto at = forward ? seen.end() : seen.begin();
      V messages;
      for (const auto& e : *page) messages.push_back(e.message);
      seen.insert(at, messages.begin(), messages.end());
      query.from = forward ? StreamPosition{page->back().time_ms, page->back().sequence + 1}
                           : StreamPosition{page->front().time_ms, page->front().sequence};
    }
    EXPECT_EQ(seen, all);
  }
}

TEST_F(Events, ASearchThatFindsLittleStopsAndGoesOn) {
  const std::string filler(30'000, '.');
  int needles = 0;
  for (int minute = 0; minute < 30; ++minute) {
    std::vector<InputEvent> some;
    for (int i = 0; i < 30; ++i) some.push_back({t + minute * 60'000 + i, filler});
    if (minute % 10 == 0) some.push_back({t + minute * 60'000 + 30, "needle"}), ++needles;
    write(std::move(some));
  }
  SearchQuery query{.streams = {{"s", id(), t}}, .end_ms = t + 3'600'000};
  query.pattern = *FilterPattern::parse("needle");
  int found = 0, pages = 0;
  do {
    const auto page = await(service.reader.search(query));
    found += static_cast<int>(page->events.size());
    query.after = page->next;
    ++pages;
  } while (query.after);
  EXPECT_EQ(found, needles);
  EXPECT_GT(pages, 1);
}

TEST_F(Events, FunctionsLinesAreWrittenWithin200Milliseconds) {
  say("/aws/lambda/f", "s", t, "one\n");
  say("/aws/lambda/f", "s", t, "two\n");
  EXPECT_EQ(clock.pending(), 1U);
  clock.advance_ms(200);
  settle();
  const GroupName name{"000000000000", "us-east-1", "/aws/lambda/f"};
  const auto g = await(service.catalog.find_group(name));
  ASSERT_TRUE(*g);
  EXPECT_EQ(*await(service.catalog.stored_bytes(name, (*g)->id)), 2 * (4 + 26));
}

TEST_F(Events, IngestIsBoundedAndCountsWhatItDrops) {
  for (int i = 0; i < 20; ++i) say("g", "s", t, std::string(1'000'000, 'x'));
  EXPECT_EQ(metrics.counter("kiln_logs_dropped_events_total").value(), 4);
  await(service.ingest.flush());
  say("g", "s", t, "room again");
  EXPECT_EQ(metrics.counter("kiln_logs_dropped_events_total").value(), 4);
  await(service.stop());
  say("g", "s", t, "too late");
  EXPECT_EQ(metrics.counter("kiln_logs_dropped_events_total").value(), 5);
}

TEST_F(Events, StopWritesWhatWaits) {
  say("g", "s", t, "last words");
  await(service.stop());
  EXPECT_EQ(read({.end_ms = t + 1}), (V{"last words"}));
}

// Values under the keys of one kind.
class Retention : public Events {
 protected:
  std::size_t count(std::string_view kind) {
    const auto prefix = store::key("logs", group.account, group.region, kind);
    return await(store->scan(store::prefix_range(prefix)))->size();
  }
};

TEST_F(Retention, ErasesExpiredChunksAndLargeMessages) {
  write({{t - 3 * kDayMs, "old"}, {t - 2 * kDayMs, std::string(100'000, 'b')}, {t, "new"}});
  service.start();
  await(service.ingest.flush());
  EXPECT_EQ(count("chunk"), 3U);
  EXPECT_EQ(count("body"), 2U);
  await(service.catalog.update_group(group, [](Group& g) { g.retention_days = 1; }));
  EXPECT_TRUE(await(service.retention.sweep()));
  EXPECT_EQ(count("chunk"), 1U);
  EXPECT_EQ(count("body"), 0U);
  EXPECT_EQ(*await(service.catalog.stored_bytes(group, id().group_id)), 3 + 26);
  const auto g = await(service.catalog.find_group(group));
  const auto s = await(service.catalog.find_stream(group, (*g)->id, "s"));
  EXPECT_EQ((*s)->first_event_ms, t);
  clock.advance_ms(2 * kDayMs);
  EXPECT_TRUE(await(service.retention.sweep()));
  EXPECT_EQ(count("chunk"), 0U);
  EXPECT_EQ(*await(service.catalog.stored_bytes(group, id().group_id)), 0);
  await(service.stop());
}

TEST_F(Retention, RunsByItselfOnTheClock) {
  write({{t, "x"}});
  await(service.catalog.update_group(group, [](Group& g) { g.retention_days = 1; }));
  service.start();
  await(service.ingest.flush());
  EXPECT_EQ(count("chunk"), 1U);
  settle();
  clock.advance_ms(2 * kDayMs);
  settle();
  await(service.stop());
  EXPECT_EQ(count("chunk"), 0U);
}

TEST_F(Retention, ErasesWhatDeletedGroupsAndStreamsLeft) {
  write({{t, "x"}, {t, std::string(50'000, 'b')}});
  await(service.catalog.delete_stream(group, "s"));
  EXPECT_TRUE(await(service.retention.sweep()));
  EXPECT_EQ(count("chunk") + count("body") + count("stream"), 0U);
  write({{t, "x"}, {t, std::string(50'000, 'b')}});
  await(service.catalog.delete_group(group));
  write({{t, "again"}});
  EXPECT_EQ(read({.end_ms = t + 1}), (V{"again"})) << "a new group of the name is empty";
  EXPECT_TRUE(await(service.retention.sweep()));
  EXPECT_EQ(count("chunk"), 1U);
  EXPECT_EQ(count("body"), 0U);
  EXPECT_EQ(count("stream"), 1U);
}

}  // namespace
}  // namespace kiln::logs
