// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/common.h"

#include "base/crypto.h"
#include "base/encoding.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxKeyBytes = 1'024;

}  // namespace

std::string object_arn(std::string_view bucket, std::string_view key) {
  return bucket_arn(bucket) + "/" + std::string(key);
}

aws::Authorization on_version(std::string_view action, const Text& bucket, const Text& key,
                              const Text& version_id) {
  auto out = on_object(std::string(action), bucket, key);
  if (version_id) {
    // "s3:GetObjectTagging" -> "s3:GetObjectVersionTagging"
    auto& named = out.permissions.front().action;
    named.insert(named.find("Object") + 6, "Version");
    out.condition_keys()["s3:VersionId"] = {*version_id};
  }
  return out;
}

Task<aws::ApiResult<BucketPtr>> bucket_of(Service& service, Text name, Text expected_owner) {
  KILN_S3_ASK(BucketPtr bucket, co_await service.buckets.get(std::move(*name)));
  if (expected_owner && *expected_owner != bucket->bucket.account)
    co_return aws::fail(access_denied());
  co_return bucket;
}

Cause cause_of(const aws::RequestContext& context, std::string event) {
  Cause out;
  out.event = std::move(event);
  const auto& who = context.principal;
  out.principal_id =
      who.kind == aws::Principal::Kind::kAnonymous ? "Anonymous" : "AWS:" + who.user_id;
  out.requester = who.account;
  out.source_ip = context.source_ip;
  out.request_id = context.request_id;
  out.trace_header = context.trace_header;
  out.region = context.region;
  return out;
}

aws::ApiResult<void> check_key(const Text& key) {
  if (key && !is_valid_utf8(*key))
    return aws::fail({"InvalidURI", 400, "Couldn't parse the specified URI.", {}, {}});
  const std::size_t size = key ? key->size() : 0;
  if (size <= kMaxKeyBytes) return {};
  return aws::fail({"KeyTooLongError",
                    400,
                    "Your key is too long",
                    {{"Size", std::to_string(size)}, {"MaxSizeAllowed", "1024"}},
                    {}});
}

aws::ApiResult<WriteConditions> write_conditions(const Text& if_match, const Text& if_none_match) {
  WriteConditions out;
  if (if_none_match) {
    if (*if_none_match != "*" || if_match) return aws::fail(not_implemented("If-None-Match"));
    out.if_none_match = true;
  }
  if (if_match) out.if_match = bare_etag(*if_match);
  return out;
}

std::string bare_etag(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

std::string quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::optional<std::string> version_header(const Bucket& bucket, const Version& version) {
  if (!bucket.keeps_versions()) return std::nullopt;
  return shown_version_id(version);
}

aws::ApiResult<std::size_t> page_size(std::optional<std::int32_t> asked, std::string_view name) {
  if (!asked) return store::kMaxScanEntries;
  if (*asked < 0) {
    return aws::fail(invalid_argument(
        "Argument " + std::string(name) + " must be an integer between 0 and 2147483647", name,
        std::to_string(*asked)));
  }
  return std::min(static_cast<std::size_t>(*asked), store::kMaxScanEntries);
}

aws::ApiResult<ListText> ListText::from(const Text& encoding_type) {
  ListText out;
  if (!encoding_type) return out;
  if (*encoding_type != "url") {
    return aws::fail(invalid_argument("Invalid Encoding Method specified in Request",
                                      "encoding-type", *encoding_type));
  }
  out.url_ = true;
  return out;
}

std::string ListText::operator()(std::string_view text) const {
  if (!url_) return std::string(text);
  const std::string escaped = percent_encode(text, true);
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped.compare(i, 3, "%20") == 0) {
      out.push_back('+');
      i += 2;
    } else {
      out.push_back(escaped[i]);
    }
  }
  return out;
}

}  // namespace kiln::s3
