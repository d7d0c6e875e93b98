// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/validate.h"

#include "aws/shape_access.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

struct Tag {
  std::optional<std::string> key;
};
struct Input {
  std::optional<std::string> function_name;
  std::optional<std::string> runtime;
  std::optional<std::int32_t> timeout;
  std::optional<std::vector<std::string>> architectures;
  std::optional<std::map<std::string, std::string>> variables;
  std::optional<std::vector<Tag>> tags;
  std::optional<std::string> secret;
};

constexpr std::string_view kRuntimes[] = {"python3.12", "nodejs22.x"};
constexpr std::string_view kArchitectures[] = {"x86_64", "arm64"};
constinit const Shape kName{.kind = Kind::kString,
                            .constraints = {.min = 1, .max = 5, .pattern = "[a-z]*"}};
constinit const Shape kRuntime{.kind = Kind::kString, .constraints = {.enum_values = kRuntimes}};
constinit const Shape kTimeout{.kind = Kind::kInteger, .constraints = {.min = 1}};
constinit const Shape kArchitecture{.kind = Kind::kString,
                                    .constraints = {.enum_values = kArchitectures}};
using Strings = std::vector<std::string>;
constinit const Shape kArchitectureList{.kind = Kind::kList,
                                        .constraints = {.max = 2},
                                        .element = &kArchitecture,
                                        .size = access::list_size<Strings>,
                                        .at = access::list_at<Strings>,
                                        .append = access::list_append<Strings>};
constinit const Shape kText{.kind = Kind::kString};
using Variables = std::map<std::string, std::string>;
constinit const Shape kVariables{.kind = Kind::kMap,
                                 .element = &kText,
                                 .key = &kName,
                                 .for_each = access::map_for_each<Variables>,
                                 .insert = access::map_insert<Variables>};
constexpr Member kTagMembers[] = {{.name = "Key",
                                   .wire_name = "Key",
                                   .shape = &kName,
                                   .required = true,
                                   .get = access::get<&Tag::key>,
                                   .emplace = access::emplace<&Tag::key>}};
constinit const Shape kTag{.kind = Kind::kStructure, .name = "Tag", .members = kTagMembers};
constinit const Shape kTags{.kind = Kind::kList,
                            .element = &kTag,
                            .size = access::list_size<std::vector<Tag>>,
                            .at = access::list_at<std::vector<Tag>>,
                            .append = access::list_append<std::vector<Tag>>};
constinit const Shape kSecret{.kind = Kind::kString, .constraints = {.min = 8}, .sensitive = true};
constexpr Member kMembers[] = {
    {.name = "FunctionName",
     .shape = &kName,
     .required = true,
     .get = access::get<&Input::function_name>},
    {.name = "Runtime", .shape = &kRuntime, .get = access::get<&Input::runtime>},
    {.name = "Timeout", .shape = &kTimeout, .get = access::get<&Input::timeout>},
    {.name = "Architectures",
     .shape = &kArchitectureList,
     .get = access::get<&Input::architectures>},
    {.name = "Variables", .shape = &kVariables, .get = access::get<&Input::variables>},
    {.name = "Tags", .shape = &kTags, .get = access::get<&Input::tags>},
    {.name = "Secret", .shape = &kSecret, .get = access::get<&Input::secret>},
};

constinit const Shape kJavaName{.kind = Kind::kString,
                                .constraints = {.pattern = "[\\u0041-\\u0043\\u10000-\\u10FFFF]+"}};
constexpr Member kJavaMembers[] = {
    {.name = "Name", .shape = &kJavaName, .get = access::get<&Tag::key>}};
constinit const Shape kJava{.kind = Kind::kStructure, .members = kJavaMembers};

// Three of the models' own patterns.
constinit const Shape kBucketName{.kind = Kind::kString,
                                  .constraints = {.pattern = R"([0-9A-Za-z\.\-_]*(?<!\.))"}};
constinit const Shape kAlias{.kind = Kind::kString,
                             .constraints = {.pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"}};
constinit const Shape kAccountAlias{
    .kind = Kind::kString, .constraints = {.pattern = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"}};
template <const Shape& kShape>
constexpr Member kOneMember[] = {{.name = "Name", .shape = &kShape, .get = access::get<&Tag::key>}};
template <const Shape& kShape>
bool accepts(std::string text) {
  const Tag tag{.key = std::move(text)};
  return !validate({.kind = Kind::kStructure, .members = kOneMember<kShape>}, &tag);
}

constinit const Shape kInput{.kind = Kind::kStructure, .members = kMembers};

std::string problem(Input input) {
  if (!input.function_name) input.function_name = "f";
  return validate(kInput, &input).value_or("");
}

TEST(Validate, AcceptsWhatHolds) {
  EXPECT_EQ(problem({.runtime = "python3.12", .timeout = 3, .architectures = Strings{"arm64"}}),
            "");
}

TEST(Validate, ChecksPatternsThatLookAround) {
  EXPECT_TRUE(accepts<kBucketName>("my.bucket"));
  EXPECT_FALSE(accepts<kBucketName>("bucket."));
  EXPECT_FALSE(accepts<kBucketName>("a!"));
  EXPECT_TRUE(accepts<kAlias>("v1"));
  EXPECT_FALSE(accepts<kAlias>("12"));
  EXPECT_FALSE(accepts<kAlias>("a b"));
  EXPECT_TRUE(accepts<kAccountAlias>("my-account"));
  EXPECT_FALSE(accepts<kAccountAlias>("my--account"));
  EXPECT_FALSE(accepts<kAccountAlias>("-account"));
}

TEST(Validate, NamesAnAbsentRequiredMember) {
  EXPECT_EQ(validate(kInput, std::make_unique<Input>().get()),
            "1 validation error detected: Value null at 'functionName' failed to satisfy "
            "constraint: Member must not be null");
}

TEST(Validate, ReportsEveryBrokenConstraint) {
  EXPECT_EQ(problem({.function_name = "TOOLONG", .timeout = 0}),
            "3 validation errors detected: Value 'TOOLONG' at 'functionName' failed to satisfy "
            "constraint: Member must have length less than or equal to 5; Value 'TOOLONG' at "
            "'functionName' failed to satisfy constraint: Member must satisfy regular expression "
            "pattern: [a-z]*; Value '0' at 'timeout' failed to satisfy constraint: Member must "
            "have value greater than or equal to 1");
}

TEST(Validate, ListsTheValuesOfAnEnumeration) {
  EXPECT_EQ(problem({.runtime = "cobol"}),
            "1 validation error detected: Value 'cobol' at 'runtime' failed to satisfy "
            "constraint: Member must satisfy enum value set: [python3.12, nodejs22.x]");
}

// The text that Lambda answers for Architectures=['foo'].
TEST(Validate, ReportsElementsOfAListAtTheList) {
  EXPECT_EQ(problem({.architectures = Strings{"foo"}}),
            "1 validation error detected: Value '[foo]' at 'architectures' failed to satisfy "
            "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
            "[x86_64, arm64], Member must not be null]");
}

TEST(Validate, NamesMembersOfStructuresInAList) {
  EXPECT_EQ(problem({.tags = std::vector<Tag>{{"a"}, {}}}),
            "1 validation error detected: Value null at 'tags.2.member.key' failed to satisfy "
            "constraint: Member must not be null");
}

TEST(Validate, ReportsKeysOfAMapAtTheMap) {
  EXPECT_EQ(problem({.variables = Variables{{"A1", "x"}}}),
            "1 validation error detected: Value '{A1=x}' at 'variables' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must have length less than or "
            "equal to 5, Member must have length greater than or equal to 1, Member must satisfy "
            "regular expression pattern: [a-z]*, Member must not be null]");
}

TEST(Validate, DoesNotEchoSensitiveValues) {
  EXPECT_EQ(problem({.secret = "hunter2"}),
            "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member "
            "must have length greater than or equal to 8");
}

TEST(Validate, ReadsJavasUnicodeEscapes) {
  Tag tag{"ABC\U0001F525"};
  EXPECT_EQ(validate(kJava, &tag), std::nullopt);
  tag.key = "D";
  EXPECT_NE(validate(kJava, &tag), std::nullopt);
}

}  // namespace
}  // namespace kiln::aws::protocol
