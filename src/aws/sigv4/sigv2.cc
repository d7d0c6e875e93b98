// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv2.h"

#include "aws/sigv4.h"
#include "base/checksum.h"
#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

namespace kiln::aws::sigv2 {
namespace {

// Parameters that name something else than the object itself, and are signed therefore.
constexpr std::array<std::string_view, 30> kSubresources = {"accelerate",
                                                            "acl",
                                                            "analytics",
                                                            "cors",
                                                            "defaultObjectAcl",
                                                            "delete",
                                                            "encryption",
                                                            "inventory",
                                                            "lifecycle",
                                                            "location",
                                                            "logging",
                                                            "metrics",
                                                            "notification",
                                                            "partNumber",
                                                            "policy",
                                                            "replication",
                                                            "requestPayment",
                                                            "response-cache-control",
                                                            "response-content-disposition",
                                                            "response-content-encoding",
                                                            "response-content-language",
                                                            "response-content-type",
                                                            "response-expires",
                                                            "restore",
                                                            "tagging",
                                                            "torrent",
                                                            "uploadId",
                                                            "uploads",
                                                            "versionId",
                                                            "versioning"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_subresource(std::string_view name) {
  return std::ranges::find(kSubresources, name) != kSubresources.end() || name == "versions" ||
         name == "website";
}

template <class F>
void for_each_parameter(std::string_view query, F take) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const bool has_value = equals != std::string_view::npos;
    take(pair.substr(0, equals), has_value ? pair.substr(equals + 1) : std::string_view(),
         has_value);
  }
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
  constexpr std::size_t kBlock = 64;
  std::string padded(key);
  if (padded.size() > kBlock) padded = checksum(ChecksumKind::kSha1, padded);
  padded.resize(kBlock);
  std::string inner = padded;
  std::string outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return checksum(ChecksumKind::kSha1,
                  outer + checksum(ChecksumKind::kSha1, inner + std::string(text)));
}

std::string resource_of(const SignedRequest& request) {
  std::string out;
  if (!request.bucket_in_host.empty()) out.append("/").append(request.bucket_in_host);
  out += request.path;
  std::vector<std::string> signed_parameters;
  for_each_parameter(request.query, [&](std::string_view name, std::string_view value, bool has) {
    if (!is_subresource(name)) return;
    std::string text(name);
    if (has && !value.empty())
      text += "=" + percent_decode(value, true).value_or(std::string(value));
    signed_parameters.push_back(std::move(text));
  });
  std::ranges::sort(signed_parameters);
  char mark = '?';
  for (const auto& text : signed_parameters) {
    out.append(1, mark).append(text);
    mark = '&';
  }
  return out;
}

}  // namespace

std::optional<Presigned> parse_presigned(std::string_view query) {
  auto key = sigv4::query_parameter(query, "AWSAccessKeyId");
  auto signature = sigv4::query_parameter(query, "Signature");
  const auto expires = sigv4::query_parameter(query, "Expires");
  if (!key || !signature || !expires || sigv4::query_parameter(query, "X-Amz-Algorithm"))
    return std::nullopt;
  Presigned out{.access_key_id = std::move(*key), .signature = std::move(*signature)};
  const auto [end, error] =
      std::from_chars(expires->data(), expires->data() + expires->size(), out.expires);
  if (error != std::errc() || end != expires->data() + expires->size()) return std::nullopt;
  out.session_token = sigv4::query_parameter(query, "x-amz-security-token").value_or("");
  return out;
}

void take_headers(std::string_view query, http::Headers& headers) {
  for_each_parameter(query, [&headers](std::string_view name, std::string_view value, bool) {
    const std::string header = lower(name);
    if (!header.starts_with("x-amz-") && header != "content-type" && header != "content-md5")
      return;
    auto decoded = percent_decode(value, true);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
    if (headers.contains(header) || !decoded || std::ranges::any_of(*decoded, control)) return;
    headers.add(header, std::move(*decoded));
  });
}

std::string string_to_sign(const SignedRequest& request, std::int64_t expires) {
  const auto header = [&request](std::string_view name) {
    return request.headers->get(name).value_or("");
  };
  std::string out(request.method);
  out.append("\n").append(header("Content-MD5"));
  out.append("\n").append(header("Content-Type"));
  out.append("\n").append(std::to_string(expires)).append("\n");
  std::map<std::string, std::string> own;
  for (const auto& [name, value] : request.headers->fields()) {
    std::string folded = lower(name);
    if (!folded.starts_with("x-amz-")) continue;
    std::string& joined = own[std::move(folded)];
    joined.append(joined.empty() ? "" : ",").append(value);
  }
  for (const auto& [name, value] : own) out.append(name).append(":").append(value).append("\n");
  return out + resource_of(request);
}

std::string signature(std::string_view secret_key, std::string_view string_to_sign) {
  return base64_encode(hmac_sha1(secret_key, string_to_sign));
}

}  // namespace kiln::aws::sigv2
