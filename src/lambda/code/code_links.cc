// SPDX-License-Identifier: Apache-2.0
#include "lambda/code/code_links.h"

#include "base/crypto.h"
#include "base/encoding.h"

#include <charconv>
#include <utility>

namespace kiln::lambda {
namespace {

aws::ApiError denied(std::string message) {
  return {.code = "AccessDenied", .http_status = 403, .message = std::move(message)};
}

// The value of `name` in "a=1&b=2"; empty when absent.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

CodeLinks::CodeLinks(blob::BlobStore& blobs, std::string secret)
    : blobs_(blobs), secret_(std::move(secret)) {
  KILN_CHECK(secret_.size() >= 16);
}

std::string CodeLinks::make(const aws::RequestContext& context, std::string_view sha256_hex) const {
  const std::int64_t expires = context.now.ms / 1'000 + kCodeLinkSeconds;
  std::string url = context.scheme + "://" + context.host;
  url.append(kCodePath).append(sha256_hex);
  url += "?expires=" + std::to_string(expires) + "&signature=" + sign(sha256_hex, expires);
  return url;
}

Task<aws::ApiResult<CodeDownload>> CodeLinks::open(std::string id, std::string query,
                                                   Timestamp now) const {
  const std::string_view text = parameter(query, "expires");
  std::int64_t expires = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), expires);
  const bool number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!number || !verify(id, expires, parameter(query, "signature"))) {
    co_return aws::fail(denied("Access Denied"));
  }
  if (now.ms / 1'000 > expires) co_return aws::fail(denied("Request has expired"));
  auto task = blobs_.stat(id);
  const auto info = co_await std::move(task);
  if (!info) {
    co_return aws::fail(
        {.code = "NoSuchKey", .http_status = 404, .message = "The specified key does not exist."});
  }
  co_return CodeDownload{.blob_id = id, .size = info->size, .path = blobs_.path(id)};
}

bool CodeLinks::verify(std::string_view sha256_hex, std::int64_t expires,
                       std::string_view signature) const {
  return constant_time_equal(sign(sha256_hex, expires), signature);
}

std::string CodeLinks::sign(std::string_view sha256_hex, std::int64_t expires) const {
  const std::string text = "code-link\n" + std::string(sha256_hex) + "\n" + std::to_string(expires);
  return hex_encode(as_view(hmac_sha256(secret_, text)));
}

}  // namespace kiln::lambda
