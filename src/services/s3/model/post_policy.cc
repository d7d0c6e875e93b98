// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/post_policy.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace kiln::s3 {
namespace {

namespace json = boost::json;

// Fields that no condition has to name.
constexpr std::array<std::string_view, 6> kOwn = {
    "policy", "x-amz-signature", "awsaccesskeyid", "signature", "file", "bucket"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

aws::ApiError bad_document(std::string why) {
  return {"InvalidPolicyDocument", 400, "Invalid Policy: " + std::move(why), {}, {}};
}

aws::ApiError refused(std::string why) {
  return {"AccessDenied", 403, "Invalid according to Policy: " + std::move(why), {}, {}};
}

struct Condition {
  std::string operation;  // "eq", "starts-with"
  std::string field;      // lower case
  std::string value;

  // As AWS repeats it.
  std::string text() const { return json::serialize(json::array{operation, "$" + field, value}); }
};

struct Conditions {
  std::vector<Condition> list;
  std::optional<SizeRange> size;
};

// Numbers may come as texts.
std::optional<std::uint64_t> size_of(const json::value& value) {
  if (const auto* number = value.if_int64(); number && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  if (const auto* number = value.if_uint64()) return *number;
  if (const auto* text = value.if_string(); text && !text->empty() && text->size() < 19) {
    std::uint64_t out = 0;
    for (const char c : *text) {
      if (c < '0' || c > '9') return std::nullopt;
      out = out * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return out;
  }
  return std::nullopt;
}

aws::ApiResult<void> take_object(const json::object& object, Conditions& out) {
  if (object.size() != 1) {
    return aws::fail(bad_document(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."));
  }
  const auto& only = *object.begin();
  if (!only.value().is_string()) {
    return aws::fail(bad_document("Invalid Simple-Condition: value must be a string."));
  }
  out.list.push_back({"eq", lower(only.key()), std::string(only.value().get_string())});
  return {};
}

aws::ApiResult<void> take_array(const json::array& array, Conditions& out) {
  if (array.size() != 3 || !array[0].is_string())
    return aws::fail(bad_document("Invalid Condition: wrong number of arguments."));
  const std::string operation = lower(array[0].get_string());
  if (operation == "content-length-range") {
    const auto min = size_of(array[1]);
    const auto max = size_of(array[2]);
    if (!min || !max)
      return aws::fail(
          bad_document("Invalid content-length-range: must be non-negative integers."));
    // Several limit together.
    SizeRange range{*min, *max};
    if (out.size) range = {std::max(range.min, out.size->min), std::min(range.max, out.size->max)};
    out.size = range;
    return {};
  }
  if (operation != "eq" && operation != "starts-with") {
    return aws::fail(bad_document("Invalid Condition: unknown operation '" +
                                  std::string(array[0].get_string()) + "'."));
  }
  if (!array[1].is_string() || !array[2].is_string() || !array[1].get_string().starts_with('$'))
    return aws::fail(bad_document("Invalid Condition: the field must begin with '$'."));
  out.list.push_back({operation, lower(std::string_view(array[1].get_string()).substr(1)),
                      std::string(array[2].get_string())});
  return {};
}

aws::ApiResult<Conditions> conditions_of(const json::object& document) {
  const auto* list = document.if_contains("conditions");
  if (!list || !list->is_array()) return aws::fail(bad_document("Policy missing conditions."));
  Conditions out;
  for (const json::value& item : list->get_array()) {
    aws::ApiResult<void> taken =
        aws::fail(bad_document("Invalid Condition: must be an object or an array."));
    if (const auto* object = item.if_object()) taken = take_object(*object, out);
    if (const auto* array = item.if_array()) taken = take_array(*array, out);
    if (!taken) return aws::fail(std::move(taken.error()));
  }
  return out;
}

// A starts-with on Content-Type holds for each of several types.
bool starts_with(std::string_view field, std::string_view value, std::string_view prefix) {
  if (field != "content-type") return value.starts_with(prefix);
  while (true) {
    const auto comma = value.find(',');
    if (!value.substr(0, comma).starts_with(prefix)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

bool holds(const Condition& condition, const PostFields& fields, std::string_view bucket) {
  const std::string* sent = find_field(fields, condition.field);
  std::string_view value = sent ? std::string_view(*sent) : std::string_view();
  if (condition.field == "bucket") value = bucket;
  if (condition.operation == "eq") return value == condition.value;
  return starts_with(condition.field, value, condition.value);
}

aws::ApiResult<json::object> parse(std::string_view policy) {
  boost::system::error_code error;
  auto value = json::parse(policy, error, {}, {.max_depth = 8});
  if (error || !value.is_object()) return aws::fail(bad_document("Invalid JSON."));
  return std::move(value.get_object());
}

}  // namespace

const std::string* find_field(const PostFields& fields, std::string_view name) {
  const auto found =
      std::ranges::find_if(fields, [name](const auto& field) { return field.first == name; });
  return found == fields.end() ? nullptr : &found->second;
}

aws::ApiResult<std::optional<SizeRange>> check_post_policy(std::string_view policy,
                                                           const PostFields& fields,
                                                           std::string_view bucket, Timestamp now) {
  auto document = parse(policy);
  if (!document) return aws::fail(std::move(document.error()));
  const auto* expiration = document->if_contains("expiration");
  if (!expiration || !expiration->is_string())
    return aws::fail(bad_document("Policy missing expiration."));
  const std::string until(expiration->get_string());
  const auto time = parse_iso8601(until);
  if (!time) return aws::fail(bad_document("Invalid 'expiration' value: '" + until + "'"));
  if (*time <= now) return aws::fail(refused("Policy expired."));
  auto conditions = conditions_of(*document);
  if (!conditions) return aws::fail(std::move(conditions.error()));
  std::set<std::string_view> named;
  for (const Condition& condition : conditions->list) {
    named.insert(condition.field);
    if (!holds(condition, fields, bucket))
      return aws::fail(refused("Policy Condition failed: " + condition.text()));
  }
  for (const auto& [name, value] : fields) {
    const bool own = std::ranges::find(kOwn, name) != kOwn.end() || name.starts_with("x-ignore-");
    if (!own && !named.contains(name)) return aws::fail(refused("Extra input fields: " + name));
  }
  return conditions->size;
}

}  // namespace kiln::s3
