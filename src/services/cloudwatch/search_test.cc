// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/search.h"

#include <gtest/gtest.h>

namespace kiln::cloudwatch {
namespace {

const std::vector<metering::Series> kAll = {
    {"1", "r", "AWS/Lambda", "Errors", {{"FunctionName", "orders-api"}}},
    {"1", "r", "AWS/Lambda", "DeadLetterErrors", {{"FunctionName", "orders-worker"}}},
    {"1", "r", "AWS/Lambda", "Errors", {{"FunctionName", "users"}, {"Resource", "users:live"}}},
    {"1", "r", "AWS/Lambda", "Errors", {}},
    {"1", "r", "shop", "Orders", {{"service", "checkout"}}}};

// The places in kAll of what a search finds: "013".
std::string found(std::string_view text) {
  const auto search = Search::parse(text);
  EXPECT_TRUE(search) << text;
  std::string out;
  for (std::size_t i = 0; search && i < kAll.size(); ++i) {
    if (search->matches(kAll[i])) out += std::to_string(i);
  }
  return out;
}

TEST(Searches, a_schema_wants_exactly_its_dimensions) {
  EXPECT_EQ(found("{AWS/Lambda,FunctionName}"), "01");
  EXPECT_EQ(found("{\"AWS/Lambda\", FunctionName, Resource}"), "2");
  EXPECT_EQ(found("{AWS/Lambda}"), "3");
  EXPECT_EQ(found(""), "01234");
}

TEST(Searches, a_word_matches_parts_and_a_text_in_quotes_the_whole) {
  EXPECT_EQ(found("{AWS/Lambda,FunctionName} errors"), "01");
  EXPECT_EQ(found("{AWS/Lambda,FunctionName} MetricName=\"Errors\""), "0");
  EXPECT_EQ(found("MetricName=errors"), "0123");
  EXPECT_EQ(found("orders"), "014");
  EXPECT_EQ(found("\"orders\""), "4");
  EXPECT_EQ(found("order"), "");
  EXPECT_EQ(found("dead letter"), "1");
  EXPECT_EQ(found("LetterErrors"), "1");
}

TEST(Searches, properties_name_where_to_look) {
  EXPECT_EQ(found("FunctionName=orders"), "01");
  EXPECT_EQ(found("Namespace=\"shop\""), "4");
  EXPECT_EQ(found("Resource=\"users:live\""), "2");
  EXPECT_EQ(found("MetricName=(\"Errors\" OR \"Orders\") service=checkout"), "4");
}

TEST(Searches, terms_are_joined) {
  EXPECT_EQ(found("errors AND users"), "2");
  EXPECT_EQ(found("errors users"), "2");
  EXPECT_EQ(found("checkout OR users"), "24");
  EXPECT_EQ(found("errors NOT FunctionName=orders"), "23");
  EXPECT_EQ(found("(checkout OR users) NOT errors"), "4");
}

TEST(Searches, that_name_a_namespace_look_nowhere_else) {
  EXPECT_EQ(Search::parse("{shop,service} x")->space(), "shop");
  EXPECT_EQ(Search::parse("Namespace=\"shop\" AND x")->space(), "shop");
  EXPECT_EQ(Search::parse("Namespace=\"shop\" OR x")->space(), "");
  EXPECT_EQ(Search::parse("NOT Namespace=\"shop\"")->space(), "");
}

TEST(Searches, that_are_wrong_are_refused) {
  for (const std::string& text :
       {std::string("{AWS/Lambda"), std::string("{}"), std::string("\"open"), std::string("(a"),
        std::string("a)"), std::string("MetricName="), std::string("a AND"), std::string("NOT"),
        std::string("=x"), std::string(100, '('), std::string("MetricName=(a OR b")}) {
    EXPECT_FALSE(Search::parse(text)) << text;
  }
}

}  // namespace
}  // namespace kiln::cloudwatch
