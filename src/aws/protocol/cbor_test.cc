// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/cbor_reader.h"
#include "aws/protocol/cbor_writer.h"
#include "aws/protocol/codec.h"
#include "aws/shape_access.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

using Texts = std::vector<std::string>;
struct Value {
  std::optional<std::string> text;
  std::optional<std::int32_t> number;
  std::optional<double> real;
  std::optional<Timestamp> time;
  std::optional<Texts> list;
};

constinit const Shape kText{.kind = Kind::kString};
constinit const Shape kNumber{.kind = Kind::kInteger};
constinit const Shape kReal{.kind = Kind::kDouble};
constinit const Shape kTime{.kind = Kind::kTimestamp};
constinit const Shape kList{.kind = Kind::kList,
                            .element = &kText,
                            .size = access::list_size<Texts>,
                            .at = access::list_at<Texts>,
                            .append = access::list_append<Texts>};
template <auto member>
constexpr Member make(std::string_view name, const Shape& shape) {
  return {.name = name,
          .wire_name = name,
          .shape = &shape,
          .get = access::get<member>,
          .emplace = access::emplace<member>};
}
constexpr Member kMembers[] = {make<&Value::text>("text", kText),
                               make<&Value::number>("number", kNumber),
                               make<&Value::real>("real", kReal), make<&Value::time>("time", kTime),
                               make<&Value::list>("list", kList)};
constinit const Shape kValue{.kind = Kind::kStructure, .members = kMembers};

Value read(std::string_view hex, CborTime time = CborTime::kSeconds) {
  Value value;
  auto done = read_cbor(*hex_decode(hex), kValue, &value, time);
  EXPECT_TRUE(done) << done.error();
  return value;
}

std::string problem(std::string_view bytes) {
  Value value;
  auto done = read_cbor(bytes, kValue, &value, CborTime::kSeconds);
  return done ? "" : done.error();
}

TEST(Cbor, ReadsIndefiniteLengths) {
  // {_ "text": (_ "ab", "c"), "list": [_ "x", "y"]}
  auto value = read(
      "bf6474657874"
      "7f6261626163ff"
      "646c697374"
      "9f61786179ff"
      "ff");
  EXPECT_EQ(value.text, "abc");
  EXPECT_EQ(value.list, (Texts{"x", "y"}));
}

TEST(Cbor, ReadsFloatsOfEverySize) {
  EXPECT_EQ(read("a1647265616cf93e00").real, 1.5);
  EXPECT_EQ(read("a1647265616cf90001").real, 5.960464477539063e-8);
  EXPECT_EQ(read("a1647265616cf9fc00").real, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(read("a1647265616cfa3fc00000").real, 1.5);
  EXPECT_EQ(read("a1647265616cfb3ff8000000000000").real, 1.5);
  EXPECT_EQ(read("a1647265616c20").real, -1.0);
}

TEST(Cbor, ReadsTimesInSecondsOrMilliseconds) {
  EXPECT_EQ(read("a16474696d65c11a5e0be100").time, Timestamp{1577836800000});
  EXPECT_EQ(read("a16474696d65c1fb3ff8000000000000").time, Timestamp{1500});
  EXPECT_EQ(read("a16474696d65c11903e8", CborTime::kMilliseconds).time, Timestamp{1000});
}

TEST(Cbor, SkipsWhatTheModelLacksAndTakesNullAsAbsence) {
  // {"other": {"a": [1, h'00', 2.5]}, "text": null, "number": -5}
  auto value = read(
      "a3656f74686572a161618301410"
      "0fb4004000000000000"
      "6474657874f6"
      "666e756d62657224");
  EXPECT_FALSE(value.text);
  EXPECT_EQ(value.number, -5);
}

TEST(Cbor, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(problem(""), "Unexpected end at offset 0");
  EXPECT_NE(problem("\xA1\x64text"), "");                                       // no value
  EXPECT_NE(problem("\xA1\x64text\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFz"), "");  // huge length
  EXPECT_NE(problem("\xA1\x64text\x61\xFF"), "");                               // not UTF-8
  EXPECT_NE(problem("\xA1\x64text\xFF"), "");                                   // a break alone
  EXPECT_NE(problem("\xA0\xA0"), "");                                           // bytes behind
  EXPECT_NE(problem("\xA1\x66number\x1A\xFF\xFF\xFF\xFF"), "");                 // too large
  EXPECT_NE(problem("\xFC"), "");
}

TEST(Cbor, RefusesDeepNesting) {
  EXPECT_NE(problem("\xA1\x61z" + std::string(200'000, '\x81')).find("Nested too deeply"),
            std::string::npos);
  EXPECT_NE(problem("\xA1\x61z" + std::string(200'000, '\x9F')).find("Nested too deeply"),
            std::string::npos);
  EXPECT_NE(problem(std::string(200'000, '\xC1')), "");
}

TEST(Cbor, WritesWhatItReads) {
  Value value{
      .text = "ä", .number = -70'000, .real = 0.1, .time = Timestamp{1500}, .list = Texts{"a"}};
  std::string bytes;
  write_cbor(bytes, kValue, &value, CborTime::kSeconds);
  Value again = read(hex_encode(bytes));
  EXPECT_EQ(again.text, value.text);
  EXPECT_EQ(again.number, value.number);
  EXPECT_EQ(again.real, value.real);
  EXPECT_EQ(again.time, value.time);
  EXPECT_EQ(again.list, value.list);
}

}  // namespace
}  // namespace kiln::aws::protocol
