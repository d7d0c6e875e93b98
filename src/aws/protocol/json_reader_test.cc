// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/json_reader.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/vectors/dynamic_model.h"
#include "base/encoding.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

const char* kShapes = R"({
  "In": {"type": "structure", "members": {
    "Name": {"shape": "S"}, "Size": {"shape": "I"}, "On": {"shape": "B"}, "Zip": {"shape": "Z"},
    "At": {"shape": "T"}, "Names": {"shape": "L"}, "Tags": {"shape": "M"}, "In": {"shape": "In"},
    "Any": {"shape": "D"}, "Header": {"shape": "S", "location": "header"}}},
  "S": {"type": "string"}, "I": {"type": "integer"}, "B": {"type": "boolean"},
  "Z": {"type": "blob"}, "T": {"type": "timestamp"}, "L": {"type": "list", "member": {"shape": "S"}},
  "M": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "S"}},
  "D": {"type": "structure", "members": {}, "document": true}})";

class JsonReader : public ::testing::Test {
 protected:
  boost::json::object shapes = boost::json::parse(kShapes).as_object();
  testing::DynamicModel model{shapes};

  // What was read, as JSON again, or the error.
  std::string read(std::string_view text) {
    testing::DynamicStructure value;
    const Shape& shape = model.shape("In");
    auto done = read_json(text, shape, &value);
    if (!done) return (done.error().malformed ? "malformed" : done.error().message);
    return boost::json::serialize(testing::to_parameters(shape, &value));
  }
};

TEST_F(JsonReader, SkipsUnknownMembersAndNulls) {
  EXPECT_EQ(read(R"({"New":{"a":[1,{"b":null}],"Name":"no"},"Name":null,"Size":3})"),
            R"({"Size":3})");
}

TEST_F(JsonReader, TakesTheLastOfARepeatedMember) {
  EXPECT_EQ(read(R"({"Names":["a"],"Names":["b"]})"), R"({"Names":["b"]})");
}

TEST_F(JsonReader, LeavesMembersOutsideTheBodyAlone) { EXPECT_EQ(read(R"({"Header":"x"})"), "{}"); }

TEST_F(JsonReader, DropsNullsFromListsAndMaps) {
  EXPECT_EQ(read(R"({"Names":["a",null,"b"],"Tags":{"x":null,"y":"1"}})"),
            R"({"Names":["a","b"],"Tags":{"y":"1"}})");
}

TEST_F(JsonReader, KeepsDocumentsAsTheyAre) {
  EXPECT_EQ(read(R"({"Any":{"a":[1,true,null,{"b":"\""}],"c":{}},"Size":1})"),
            R"({"Size":1,"Any":{"a":[1,true,null,{"b":"\""}],"c":{}}})");
}

TEST_F(JsonReader, DecodesEscapedBase64) {
  EXPECT_EQ(read(R"({"Zip":"\u0061GVsbG8="})"), R"({"Zip":"hello"})");
}

TEST_F(JsonReader, SaysWhichTypeDoesNotFit) {
  EXPECT_EQ(read(R"({"Size":"3"})"), "STRING_VALUE can not be converted to Integer");
  EXPECT_EQ(read(R"({"Name":3})"), "NUMBER_VALUE can not be converted to String");
  EXPECT_EQ(read(R"({"Name":true})"), "TRUE_VALUE can not be converted to String");
  EXPECT_EQ(read(R"({"Name":[]})"), "Start of list found where not expected");
  EXPECT_EQ(read(R"({"Names":{}})"), "Start of structure or map found where not expected");
  EXPECT_EQ(read(R"({"Names":"a"})"), "Unexpected field type");
  EXPECT_EQ(read(R"({"Zip":"*"})"), "STRING_VALUE can not be converted to Blob");
  EXPECT_EQ(read("[]"), "Start of list found where not expected");
  EXPECT_EQ(read("true"), "Unexpected value at the root");
}

TEST_F(JsonReader, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(read(R"({"Size":2147483648})"), "NUMBER_VALUE can not be converted to Integer");
  EXPECT_EQ(read(R"({"Size":1e40})"), "NUMBER_VALUE can not be converted to Integer");
  EXPECT_EQ(read(R"({"At":1e300})"), "NUMBER_VALUE can not be converted to Timestamp");
  EXPECT_EQ(read(R"({"Size":18446744073709551615})"),
            "NUMBER_VALUE can not be converted to Integer");
}

TEST_F(JsonReader, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "{\"a\":1,}", "{} {}", "{'a':1}", "{\"Name\":\"\xff\"}", "nul"})
    EXPECT_EQ(read(text), "malformed") << text;
}

TEST_F(JsonReader, BoundsItsDepth) {
  std::string open;
  for (int i = 0; i < kMaxDepth + 1; ++i) open += R"({"In":)";
  EXPECT_EQ(read(open + "{}" + std::string(kMaxDepth + 1, '}')), "malformed");
  EXPECT_EQ(read(R"({"New":)" + std::string(1'000'000, '[')), "malformed");
}

}  // namespace
}  // namespace kiln::aws::protocol
