// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/xml_reader.h"

#include "aws/shape_access.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

using Texts = std::vector<std::string>;
using Map = std::map<std::string, std::string>;
struct Value {
  std::optional<std::string> text;
  std::optional<std::string> type;
  std::optional<std::int32_t> number;
  std::optional<Texts> list;
  std::optional<Texts> flat;
  std::optional<Map> map;
};

constinit const Shape kText{.kind = Kind::kString};
constinit const Shape kNumber{.kind = Kind::kInteger};
constinit const Shape kList{.kind = Kind::kList,
                            .element = &kText,
                            .element_name = "Item",
                            .size = access::list_size<Texts>,
                            .at = access::list_at<Texts>,
                            .append = access::list_append<Texts>};
constinit const Shape kMap{.kind = Kind::kMap,
                           .element = &kText,
                           .key = &kText,
                           .for_each = access::map_for_each<Map>,
                           .insert = access::map_insert<Map>};
template <auto member>
constexpr Member make(std::string_view name, const Shape& shape, bool flattened = false,
                      bool attribute = false) {
  return {.name = name,
          .wire_name = name,
          .shape = &shape,
          .flattened = flattened,
          .xml_attribute = attribute,
          .get = access::get<member>,
          .emplace = access::emplace<member>};
}
constexpr Member kMembers[] = {
    make<&Value::text>("Text", kText),       make<&Value::type>("xsi:type", kText, false, true),
    make<&Value::number>("Number", kNumber), make<&Value::list>("List", kList),
    make<&Value::flat>("Flat", kList, true), make<&Value::map>("Map", kMap)};
constinit const Shape kValue{.kind = Kind::kStructure, .members = kMembers};

Value read(std::string_view text) {
  Value value;
  auto done = read_xml(text, kValue, &value);
  EXPECT_TRUE(done) << done.error();
  return value;
}

std::string problem(std::string_view text) {
  Value value;
  auto done = read_xml(text, kValue, &value);
  return done ? "" : done.error();
}

TEST(XmlReader, ReadsTextWithReferencesAndCdata) {
  auto value = read(
      "<?xml version=\"1.0\"?><!-- c --><V><Text>a &amp; &#x42;&#67;<![CDATA[<d>]]>"
      "<!-- e --> f\r\n</Text><Number> 7 </Number></V>\n");
  EXPECT_EQ(value.text, "a & BC<d> f\n");
  EXPECT_EQ(value.number, 7);
}

TEST(XmlReader, ReadsListsFlatOnesAndMaps) {
  auto value = read(
      "<V><Flat>1</Flat><List><Item>a</Item><Item/></List><Flat>2</Flat>"
      "<Map><entry><key>k</key><value>v</value></entry></Map></V>");
  EXPECT_EQ(value.list, (Texts{"a", ""}));
  EXPECT_EQ(value.flat, (Texts{"1", "2"}));
  EXPECT_EQ(value.map, (Map{{"k", "v"}}));
}

TEST(XmlReader, LooksPastPrefixesAndUnknownElements) {
  auto value = read(
      "<s:V xmlns:s='u' xmlns:x='w' x:type='T'><Other a='1'><Text>no</Text></Other>"
      "<s:Text>yes</s:Text></s:V>");
  EXPECT_EQ(value.text, "yes");
  EXPECT_EQ(value.type, "T");
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"",
                           "  ",
                           "text",
                           "<V>",
                           "<V></W>",
                           "<V/><V/>",
                           "<V><Text></V></Text>",
                           "<V a=1/>",
                           "<V a='1' a='2'/>",
                           "<V a='<'/>",
                           "<V>&unknown;</V>",
                           "<V>&#0;</V>",
                           "<V>&#xD800;</V>",
                           "<V>\x01</V>",
                           "<V>\xFF</V>",
                           "<!-- <V/>",
                           "<V><![CDATA[</V>",
                           "<V/>x",
                           "<V",
                           "< V/>",
                           "<V><Number>x</Number></V>",
                           "<V><Text><b/></Text></V>"})
    EXPECT_NE(problem(text), "") << text;
}

TEST(XmlReader, ExpandsNothing) {
  EXPECT_NE(
      problem("<!DOCTYPE V [<!ENTITY a \"aaaa\">]><V><Text>&a;</Text></V>").find("document type"),
      std::string::npos);
}

TEST(XmlReader, RefusesDeepNesting) {
  std::string deep = "<V>";
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_NE(problem(deep).find("Nested too deeply"), std::string::npos);
}

TEST(XmlReader, BoundsAttributes) {
  std::string text = "<V";
  for (int i = 0; i < 100; ++i) text += " a" + std::to_string(i) + "='x'";
  EXPECT_NE(problem(text + "/>"), "");
}

}  // namespace
}  // namespace kiln::aws::protocol
