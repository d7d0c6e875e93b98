// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/names.h"

#include "base/crypto.h"
#include "base/encoding.h"

#include <algorithm>
#include <array>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxMetadataBytes = 2 * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

bool looks_like_ipv4(std::string_view name) {
  return std::ranges::count(name, '.') == 3 &&
         std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '.'; });
}

aws::ApiError invalid_tag(std::string message) {
  return {"InvalidTag", 400, std::move(message), {}, {}};
}

}  // namespace

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!is_word(name.front()) || !is_word(name.back()) || looks_like_ipv4(name)) return false;
  const auto allowed = [](char c) { return is_word(c) || c == '-' || c == '.'; };
  if (!std::ranges::all_of(name, allowed)) return false;
  for (std::string_view pair : {"..", ".-", "-."})
    if (name.find(pair) != std::string_view::npos) return false;
  for (std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"})
    if (name.starts_with(prefix)) return false;
  for (std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"})
    if (name.ends_with(suffix)) return false;
  return true;
}

bool is_storage_class(std::string_view name) {
  static constexpr std::array kClasses = {
      std::string_view("STANDARD"),    std::string_view("REDUCED_REDUNDANCY"),
      std::string_view("STANDARD_IA"), std::string_view("ONEZONE_IA"),
      std::string_view("GLACIER_IR"),  std::string_view("INTELLIGENT_TIERING"),
  };
  return std::ranges::find(kClasses, name) != kClasses.end();
}

aws::ApiResult<Tags> parse_tagging_header(std::string_view text) {
  Tags out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value || key->empty()) {
      return aws::fail({"InvalidArgument",
                        400,
                        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                        "query parameters without tag name duplicates.",
                        {{"ArgumentName", "x-amz-tagging"}, {"ArgumentValue", std::string(pair)}},
                        {}});
    }
    if (!out.emplace(std::move(*key), std::move(*value)).second) {
      return aws::fail({"InvalidArgument",
                        400,
                        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                        "query parameters without tag name duplicates.",
                        {{"ArgumentName", "x-amz-tagging"}, {"ArgumentValue", std::string(pair)}},
                        {}});
    }
  }
  if (auto checked = check_tags(out, kMaxObjectTags); !checked)
    return aws::fail(std::move(checked.error()));
  return out;
}

aws::ApiResult<void> check_tags(const Tags& tags, std::size_t max) {
  if (tags.size() > max) {
    return aws::fail({"BadRequest",
                      400,
                      std::string(max == kMaxObjectTags ? "Object" : "Bucket") +
                          " tags cannot be greater than " + std::to_string(max),
                      {},
                      {}});
  }
  for (const auto& [key, value] : tags) {
    if (key.starts_with("aws:"))
      return aws::fail(invalid_tag("System tags cannot be added/updated by requester"));
    if (key.empty() || utf8_length(key) > 128)
      return aws::fail(invalid_tag("The TagKey you have provided is invalid"));
    if (utf8_length(value) > 256)
      return aws::fail(invalid_tag("The TagValue you have provided is invalid"));
  }
  return {};
}

aws::ApiResult<std::map<std::string, std::string>> normal_metadata(
    const std::map<std::string, std::string>& sent) {
  std::map<std::string, std::string> out;
  std::size_t bytes = 0;
  for (const auto& [name, value] : sent) {
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    bytes += lower.size() + value.size();
    std::string& kept = out[std::move(lower)];
    // The same name twice: values are joined, as HTTP has it.
    kept = kept.empty() ? value : kept + "," + value;
  }
  if (bytes > kMaxMetadataBytes) {
    return aws::fail(
        {"MetadataTooLarge",
         400,
         "Your metadata headers exceed the maximum allowed metadata size",
         {{"Size", std::to_string(bytes)}, {"MaxSizeAllowed", std::to_string(kMaxMetadataBytes)}},
         {}});
  }
  return out;
}

bool is_canned_acl(std::string_view name) {
  static constexpr std::array kNames = {
      std::string_view("private"),
      std::string_view("public-read"),
      std::string_view("public-read-write"),
      std::string_view("authenticated-read"),
      std::string_view("aws-exec-read"),
      std::string_view("bucket-owner-read"),
      std::string_view("bucket-owner-full-control"),
      std::string_view("log-delivery-write"),
  };
  return std::ranges::find(kNames, name) != kNames.end();
}

std::string bucket_arn(std::string_view bucket) { return "arn:aws:s3:::" + std::string(bucket); }

std::string canonical_id(std::string_view account) {
  return sha256_hex("canonical user of " + std::string(account));
}

}  // namespace kiln::s3
