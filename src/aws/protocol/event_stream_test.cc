// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/event_stream.h"

#include "async/loop.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/content_encoding.h"
#include "aws/protocol/event_codec.h"
#include "aws/shape_access.h"
#include "aws/stream.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

std::vector<EventMessage> decode(std::string_view bytes) {
  EventDecoder decoder;
  std::vector<EventMessage> out;
  // Byte by byte: a message may arrive in any pieces.
  for (char c : bytes) {
    decoder.feed({&c, 1});
    auto message = decoder.next();
    EXPECT_TRUE(message) << message.error().message;
    if (message && *message) out.push_back(std::move(**message));
  }
  EXPECT_TRUE(decoder.at_boundary());
  return out;
}

// The specification's example: one header of type int, payload {'foo':'bar'}.
TEST(EventStream, WritesTheBytesOfTheSpecification) {
  EventMessage message{{{"content-type", std::string("application/json")}}, "{'foo':'bar'}"};
  EXPECT_EQ(
      hex_encode(*encode_event(message)),
      "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
      "7b27666f6f273a27626172277d8d9c08b1");
}

TEST(EventStream, CarriesEveryTypeOfHeader) {
  EventMessage message{{{"t", true},
                        {"f", false},
                        {"b", std::int8_t{-1}},
                        {"s", std::int16_t{-2}},
                        {"i", std::int32_t{40'972}},
                        {"l", std::int64_t{-42'424'242}},
                        {"bytes", EventBytes{std::string("\0\1", 2)}},
                        {"text", std::string("ä")},
                        {"time", Timestamp{8'675'309}},
                        {"uuid", EventUuid{1, 2, 3}}},
                       "payload"};
  auto decoded = decode(*encode_event(message));
  ASSERT_EQ(decoded.size(), 1u);
  EXPECT_EQ(decoded[0].headers, message.headers);
  EXPECT_EQ(decoded[0].payload, "payload");
}

TEST(EventStream, RefusesChangedBytes) {
  const std::string good = *encode_event({{{"a", std::string("b")}}, "payload"});
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EventDecoder decoder;
    decoder.feed(bad);
    EXPECT_FALSE(decoder.next()) << i;
    EXPECT_FALSE(decoder.next()) << "an error stays";
  }
}

TEST(EventStream, RefusesWhatIsTooLarge) {
  EXPECT_FALSE(encode_event({{{"a", std::string(40'000, 'x')}}, ""}));
  EXPECT_FALSE(encode_event({{}, std::string(kMaxEventPayloadBytes + 1, 'x')}));
  EventMessage many;
  for (int i = 0; i < 5; ++i) many.headers.emplace_back("a", std::string(30'000, 'x'));
  EXPECT_FALSE(encode_event(many));
}

struct Chunk {
  std::optional<std::string> bytes;
  std::optional<std::int64_t> sequence;
};
struct Complete {
  std::optional<std::string> log;
};
struct Failure {
  std::optional<std::string> message;
};
struct Event {
  std::optional<Chunk> chunk;
  std::optional<Complete> complete;
  std::optional<Failure> failure;
};
struct Output {
  std::optional<std::string> name;
  std::optional<EventStream<Event>> events;
};
constinit const Shape kText{.kind = Kind::kString};
constinit const Shape kBlob{.kind = Kind::kBlob};
constinit const Shape kLong{.kind = Kind::kLong};
template <auto member>
constexpr Member make(std::string_view name, const Shape& shape, bool header = false,
                      bool payload = false) {
  return {.name = name,
          .wire_name = name,
          .shape = &shape,
          .event_header = header,
          .event_payload = payload,
          .get = access::get<member>,
          .emplace = access::emplace<member>};
}
constexpr Member kChunkMembers[] = {make<&Chunk::bytes>("Bytes", kBlob, false, true),
                                    make<&Chunk::sequence>("Sequence", kLong, true)};
constinit const Shape kChunk{.kind = Kind::kStructure, .members = kChunkMembers};
constexpr Member kCompleteMembers[] = {make<&Complete::log>("Log", kText)};
constinit const Shape kComplete{.kind = Kind::kStructure, .members = kCompleteMembers};
constexpr Member kFailureMembers[] = {make<&Failure::message>("message", kText)};
constinit const Shape kFailure{
    .kind = Kind::kStructure, .name = "Failure", .is_exception = true, .members = kFailureMembers};
constexpr Member kEventMembers[] = {make<&Event::chunk>("Chunk", kChunk),
                                    make<&Event::complete>("Complete", kComplete),
                                    make<&Event::failure>("Failure", kFailure)};
constinit const Shape kEvent{.kind = Kind::kStructure, .is_union = true, .members = kEventMembers};
constinit const Shape kEvents{.kind = Kind::kEventStream, .element = &kEvent};
constexpr Member kOutputMembers[] = {make<&Output::name>("Name", kText),
                                     make<&Output::events>("Events", kEvents)};
constinit const Shape kOutput{.kind = Kind::kStructure, .members = kOutputMembers};

class TwoEvents final : public EventStream<Event>::Producer {
 public:
  explicit TwoEvents(bool breaks) : breaks_(breaks) {}
  Task<ApiResult<std::optional<Event>>> next() override {
    switch (count_++) {
      case 0:
        co_return Event{.chunk = Chunk{.bytes = "raw", .sequence = 5}};
      case 1:
        if (breaks_) co_return fail(ApiError{"Failure", 500, "no more"});
        co_return Event{.complete = Complete{.log = "l"}};
      default:
        co_return std::nullopt;
    }
  }

 private:
  bool breaks_;
  int count_ = 0;
};

Task<void> drain(http::BodyProducer& producer, std::string& all) {
  while (true) {
    auto task = producer();
    auto piece = co_await std::move(task);
    EXPECT_TRUE(piece);
    if (!piece || !*piece) co_return;
    all += **piece;
  }
}

std::vector<EventMessage> serialize(Protocol protocol, bool breaks) {
  OperationModel operation{.output = &kOutput};
  Output output{.name = "n", .events = EventStream<Event>(std::make_unique<TwoEvents>(breaks))};
  auto response = codec_for(protocol)->serialize(ServiceModel{}, operation, &output, "id");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/vnd.amazon.eventstream");
  Loop loop;
  std::string bytes;
  loop.run_until_complete(drain(response.producer, bytes));
  return decode(bytes);
}

TEST(EventStream, SendsTheInitialResponseThenTheEvents) {
  for (auto [protocol, format] : {std::pair(Protocol::kJson11, "application/json"),
                                  std::pair(Protocol::kRpcV2Cbor, "application/cbor")}) {
    auto messages = serialize(protocol, false);
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].text(":event-type"), "initial-response");
    EXPECT_EQ(messages[0].text(":content-type"), format);
    EXPECT_EQ(messages[1].text(":message-type"), "event");
    EXPECT_EQ(messages[1].text(":event-type"), "Chunk");
    EXPECT_EQ(messages[1].text(":content-type"), "application/octet-stream");
    Event event;
    ASSERT_TRUE(read_event(kEvent, messages[1], format, &event));
    EXPECT_EQ(event.chunk->bytes, "raw");
    EXPECT_EQ(event.chunk->sequence, 5);
    ASSERT_TRUE(read_event(kEvent, messages[2], format, &event));
    EXPECT_EQ(event.complete->log, "l");
  }
}

TEST(EventStream, EndsWithTheExceptionOfTheModel) {
  auto messages = serialize(Protocol::kJson11, true);
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[2].text(":message-type"), "exception");
  EXPECT_EQ(messages[2].text(":exception-type"), "Failure");
  EXPECT_EQ(messages[2].payload, R"({"message":"no more"})");
}

TEST(EventStream, NamesAnErrorThatTheModelLacks) {
  auto message = write_event_error(kEvent, ApiError{"Other", 500, "m"}, "application/json");
  EXPECT_EQ(message.text(":message-type"), "error");
  EXPECT_EQ(message.text(":error-code"), "Other");
}

TEST(EventStream, RefusesEventsThatTheModelLacks) {
  Event event;
  EventMessage message{
      {{":message-type", std::string("event")}, {":event-type", std::string("Nope")}}, ""};
  EXPECT_FALSE(read_event(kEvent, message, "application/json", &event));
  message.headers[1].second = std::string("Chunk");
  message.headers.emplace_back("Sequence", std::string("5"));
  EXPECT_FALSE(read_event(kEvent, message, "application/json", &event));
}

// printf 'hello' | gzip -n
const std::string kHello = *hex_decode(
    "1f8b0800000000000003cb48cdc9c907008"
    "6a6103605000000");

TEST(ContentEncoding, UndoesGzipWithinABound) {
  EXPECT_EQ(gunzip(kHello, 5).value_or("?"), "hello");
  EXPECT_EQ(gunzip(kHello, 4).error().code, ErrorCode::kLimitExceeded);
  EXPECT_EQ(gunzip(kHello.substr(0, 12), 5).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(gunzip(kHello + "x", 5).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(gunzip("hello", 5).error().code, ErrorCode::kInvalidArgument);
}

TEST(ContentEncoding, LooksAtTheCodingAppliedLast) {
  EXPECT_TRUE(ends_with_gzip("gzip"));
  EXPECT_TRUE(ends_with_gzip("custom, GZIP "));
  EXPECT_FALSE(ends_with_gzip("gzip, custom"));
  EXPECT_FALSE(ends_with_gzip(""));
}

}  // namespace
}  // namespace kiln::aws::protocol
