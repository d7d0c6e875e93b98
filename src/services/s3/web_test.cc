// SPDX-License-Identifier: Apache-2.0
// What browsers meet: CORS rules, upload forms and their policies, websites.
#include "services/s3/model/cors.h"
#include "services/s3/model/post_form.h"
#include "services/s3/model/post_policy.h"
#include "services/s3/model/website.h"

#include <gtest/gtest.h>

namespace kiln::s3 {
namespace {

// --- CORS ---

CorsRule cors(std::vector<std::string> origins, std::vector<std::string> methods,
              std::vector<std::string> headers = {}) {
  return {.id = "",
          .headers = std::move(headers),
          .methods = std::move(methods),
          .origins = std::move(origins),
          .exposed = {},
          .max_age_seconds = {}};
}

TEST(Cors, a_wildcard_stands_for_any_text_within_its_ends) {
  const CorsRules rules{cors({"start*end", "*suffix", "prefix*"}, {"GET"})};
  for (const char* origin : {"startend", "start1end", "suffix", "a.suffix", "prefix", "prefix.a"})
    EXPECT_TRUE(find_cors_rule(rules, {origin, "GET", ""})) << origin;
  for (const char* origin : {"stend", "start", "0startend", "suffix.a", "a.prefix", ""})
    EXPECT_FALSE(find_cors_rule(rules, {origin, "GET", ""})) << origin;
}

TEST(Cors, the_first_rule_that_fits_all_decides) {
  const CorsRules rules{cors({"*"}, {"GET"}), cors({"*"}, {"GET", "PUT"}, {"x-amz-*", "Range"})};
  EXPECT_EQ(find_cors_rule(rules, {"o", "GET", ""}), rules.data());
  EXPECT_EQ(find_cors_rule(rules, {"o", "GET", "X-AMZ-Date , range"}), &rules[1]);
  EXPECT_EQ(find_cors_rule(rules, {"o", "PUT", "authorization"}), nullptr);
  EXPECT_EQ(find_cors_rule(rules, {"o", "get", ""}), nullptr);
}

TEST(Cors, rules_survive_their_stored_form) {
  CorsRules rules{cors({"a", "b"}, {"GET"}, {"h"})};
  rules[0].id = "id";
  rules[0].exposed = {"e"};
  rules[0].max_age_seconds = 0;
  const auto back = decode_cors(encode(rules));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(rules));
  EXPECT_EQ(back->at(0).max_age_seconds, 0);
  EXPECT_FALSE(decode_cors(encode(rules).substr(0, 20)));
}

// --- forms ---

constexpr char kForm[] =
    "--XX\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\nup/${filename}\r\n"
    "--XX\r\nContent-Disposition: form-data; name=acl\r\n\r\n\r\n"
    "--XX\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"C:\\\\dir\\\\a\\\"b.png\"\r\n\r\none\r\n--X\r\n--XY two\r\n"
    "--XX\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nSend\r\n--XX--\r\n";

TEST(PostForm, is_the_same_in_any_pieces) {
  const std::string whole(kForm, sizeof kForm - 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{40}, whole.size()}) {
    PostForm form("XX");
    std::string file;
    for (std::size_t at = 0; at < whole.size(); at += piece)
      ASSERT_TRUE(form.feed(std::string_view(whole).substr(at, piece), file)) << piece;
    EXPECT_TRUE(form.complete());
    EXPECT_EQ(file, "one\r\n--X\r\n--XY two") << piece;
    const PostFields expected{{"key", "up/a\"b.png"}, {"acl", ""}};
    EXPECT_EQ(form.fields(), expected);
  }
}

TEST(PostForm, the_fields_before_the_file_are_bounded) {
  PostForm form("XX");
  std::string file;
  ASSERT_TRUE(form.feed("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", file));
  const auto fed = form.feed(std::string(PostForm::kMaxFieldBytes, 'x'), file);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, "MaxPostPreDataLengthExceeded");
}

TEST(PostForm, what_is_no_form_is_refused) {
  EXPECT_FALSE(PostForm::boundary_of("text/plain"));
  EXPECT_FALSE(PostForm::boundary_of("multipart/form-data"));
  EXPECT_FALSE(PostForm::boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
  EXPECT_EQ(PostForm::boundary_of("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), "a b");
  for (const char* bad : {"--XXjunk", "--XX\r\nno header\r\n\r\n",
                          "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n",
                          "--XX\r\nContent-Disposition: form-data\r\n\r\n", "--XX\r\n\r\n\r\n"}) {
    PostForm form("XX");
    std::string file;
    EXPECT_FALSE(form.feed(bad, file)) << bad;
  }
}

constexpr Timestamp kNow{1'767'225'600'000};  // 2026-01-01T00:00:00Z

std::string refusal_of(const std::string& conditions, const PostFields& fields) {
  const auto checked = check_post_policy(
      R"({"expiration":"2026-01-01T00:00:01Z","conditions":[)" + conditions + "]}", fields, "b",
      kNow);
  return checked ? "" : checked.error().message;
}

TEST(PostPolicy, conditions_hold_or_are_named) {
  const std::string prefix = "Invalid according to Policy: ";
  EXPECT_EQ(refusal_of(R"({"bucket":"b"},["eq","$Key","k"])", {{"key", "k"}}), "");
  EXPECT_EQ(refusal_of(R"({"bucket":"c"},{"key":"k"})", {{"key", "k"}}),
            prefix + R"(Policy Condition failed: ["eq","$bucket","c"])");
  EXPECT_EQ(refusal_of(R"(["starts-with","$key","a/"])", {{"key", "b/"}}),
            prefix + R"(Policy Condition failed: ["starts-with","$key","a/"])");
  EXPECT_EQ(refusal_of(R"(["starts-with","$key",""])", {{"key", "k"}, {"x-ignore-a", "b"}}), "");
  EXPECT_EQ(refusal_of("", {{"key", "k"}}), prefix + "Extra input fields: key");
  EXPECT_EQ(refusal_of(R"({"key":"k"})", {{"key", "k"}, {"policy", "p"}, {"x-amz-signature", "s"}}),
            "");
}

TEST(PostPolicy, sizes_limit_together) {
  const auto sizes = check_post_policy(
      R"({"expiration":"2026-01-01T00:00:01Z","conditions":[["content-length-range",1,"100"],)"
      R"(["content-length-range",5,200]]})",
      {}, "b", kNow);
  ASSERT_TRUE(sizes && *sizes);
  EXPECT_EQ((*sizes)->min, 5U);
  EXPECT_EQ((*sizes)->max, 100U);
}

TEST(PostPolicy, ends_with_its_time) {
  const auto checked =
      check_post_policy(R"({"expiration":"2026-01-01T00:00:00Z","conditions":[]})", {}, "b", kNow);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, "Invalid according to Policy: Policy expired.");
}

TEST(PostPolicy, hostile_documents_are_refused) {
  const std::string deep = std::string(10'000, '[');
  for (const std::string& bad : {deep, std::string("{\"a\":") + deep, std::string("\x80")}) {
    const auto checked = check_post_policy(bad, {}, "b", kNow);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, "InvalidPolicyDocument");
  }
  EXPECT_EQ(refusal_of(R"(["content-length-range",-1,5])", {}),
            "Invalid Policy: Invalid content-length-range: must be non-negative integers.");
}

// --- websites ---

TEST(Website, the_host_names_the_bucket) {
  EXPECT_EQ(website_bucket("my.b.s3-website-eu-west-1.localhost:4566"), "my.b");
  EXPECT_EQ(website_bucket("B.S3-Website.us-east-1.amazonaws.com"), "b");
  EXPECT_FALSE(website_bucket("s3-website-eu-west-1.localhost"));
  EXPECT_FALSE(website_bucket("b.s3.localhost"));
  EXPECT_FALSE(website_bucket("b.s3-websites.localhost"));
}

TEST(Website, rules_redirect_before_or_after_the_look_at_the_key) {
  Website site;
  site.index_suffix = "i";
  site.rules.push_back({.has_condition = true, .key_prefix = "old/", .replace_prefix = "new/"});
  site.rules.push_back({.has_condition = true, .error_code = "404", .host = "h", .code = "307"});
  const WebsiteAddress here{"http", "here:1"};
  const auto moved = find_redirect(site, "old/a b", 0, here);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->status, 301);
  EXPECT_EQ(moved->location, "http://here:1/new/a%20b");
  EXPECT_FALSE(find_redirect(site, "x", 0, here));
  EXPECT_FALSE(find_redirect(site, "x", 403, here));
  const auto gone = find_redirect(site, "x", 404, here);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->status, 307);
  EXPECT_EQ(gone->location, "http://h/x");
}

}  // namespace
}  // namespace kiln::s3
