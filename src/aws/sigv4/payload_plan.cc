// SPDX-License-Identifier: Apache-2.0
#include "aws/payload.h"
#include "aws/sigv4/parts.h"
#include "base/encoding.h"

#include <algorithm>
#include <charconv>

namespace kiln::aws {
namespace {

constexpr std::string_view kHashHeader = "X-Amz-Content-Sha256";
constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ApiError s3_error(std::string_view code, int status, std::string message) {
  ApiError error;
  error.code = code;
  error.http_status = status;
  error.message = std::move(message);
  return error;
}

// What the payload line of the canonical request says, or nullopt.
std::optional<std::string> payload_line(const sigv4::Authorization& authorization,
                                        std::string_view query, const http::Headers& headers) {
  const auto header = headers.get(kHashHeader);
  if (!authorization.presigned) {
    return header ? std::optional<std::string>(sigv4::trim(*header)) : std::nullopt;
  }
  if (auto parameter = sigv4::query_parameter(query, kHashHeader)) return parameter;
  // Whoever uses a URL may not change what its maker signed.
  if (header && sigv4::contains(authorization.signed_headers, "x-amz-content-sha256")) {
    return std::string(sigv4::trim(*header));
  }
  return std::nullopt;
}

ApiResult<void> plan_framing(PayloadPlan& plan, const http::Headers& headers) {
  plan.chunked = true;
  plan.signed_chunks = !plan.signed_as.starts_with("STREAMING-UNSIGNED");
  plan.trailer = plan.signed_as.ends_with("-TRAILER");
  const auto text = sigv4::trim(headers.get("x-amz-decoded-content-length").value_or(""));
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), plan.decoded_length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return fail(
        s3_error("MissingContentLength", 411, "You must provide the Content-Length HTTP header."));
  }
  return {};
}

ApiResult<void> plan_payload_line(PayloadPlan& plan, const http::Headers& headers) {
  const std::string& line = plan.signed_as;
  if (line == sigv4::kUnsignedPayload) return {};
  if (is_sha256(line)) {
    plan.sha256 = line;
    return {};
  }
  if (line == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" ||
      line == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" ||
      line == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    return plan_framing(plan, headers);
  }
  if (line.starts_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) {
    return fail(s3_error("InvalidRequest", 400,
                         "The authorization mechanism you have provided is not supported. Please "
                         "use AWS4-HMAC-SHA256."));
  }
  auto error = s3_error("InvalidArgument", 400,
                        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.");
  error.fields = {{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", line}};
  return fail(std::move(error));
}

bool is_digest(ChecksumKind kind, std::string_view text) {
  const auto decoded = base64_decode(text);
  return decoded && decoded->size() == checksum_bytes(kind);
}

ApiResult<void> plan_trailer_checksums(PayloadPlan& plan, const http::Headers& headers) {
  const auto names = headers.get("x-amz-trailer");
  if (!plan.trailer || !names) return {};
  for (const auto& part : sigv4::split(*names, ',')) {
    const std::string name = sigv4::fold(sigv4::trim(part));
    if (name.empty()) continue;
    const auto kind = name.starts_with(kChecksumPrefix)
                          ? checksum_from_name(name.substr(kChecksumPrefix.size()))
                          : std::nullopt;
    if (!kind || kind == ChecksumKind::kMd5) {
      return fail(s3_error("InvalidRequest", 400,
                           "The value specified in the x-amz-trailer header is not supported"));
    }
    plan.checksums.push_back({*kind, {}, true});
  }
  return {};
}

// In the query of a presigned URL they mean nothing: SDKs put there what an empty body has.
ApiResult<void> plan_checksums(PayloadPlan& plan, const http::Headers& headers) {
  for (const ChecksumKind kind : kChecksumKinds) {
    if (kind == ChecksumKind::kMd5) continue;
    const std::string name = std::string(kChecksumPrefix) + std::string(checksum_name(kind));
    const auto sent = headers.get(name);
    if (!sent) continue;
    std::string value(sigv4::trim(*sent));
    if (!is_digest(kind, value)) {
      return fail(s3_error("InvalidRequest", 400, "Value for " + name + " header is invalid."));
    }
    plan.checksums.push_back({kind, std::move(value)});
  }
  if (auto planned = plan_trailer_checksums(plan, headers); !planned) return planned;
  if (plan.checksums.size() > 1) {
    return fail(s3_error("InvalidRequest", 400,
                         "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                         "not allowed."));
  }
  if (plan.checksums.empty() && headers.contains("x-amz-sdk-checksum-algorithm") &&
      checksum_from_name(*headers.get("x-amz-sdk-checksum-algorithm")) != ChecksumKind::kMd5) {
    return fail(s3_error("InvalidRequest", 400,
                         "x-amz-sdk-checksum-algorithm specified, but no corresponding "
                         "x-amz-checksum-* or x-amz-trailer headers were found."));
  }
  return {};
}

ApiResult<void> plan_md5(PayloadPlan& plan, const http::Headers& headers) {
  const auto value = headers.get("Content-MD5");
  if (!value) return {};
  std::string text(sigv4::trim(*value));
  if (!is_digest(ChecksumKind::kMd5, text)) {
    return fail(s3_error("InvalidDigest", 400, "The Content-MD5 you specified was invalid."));
  }
  plan.checksums.push_back({ChecksumKind::kMd5, std::move(text)});
  return {};
}

ApiResult<PayloadPlan> complete_s3_plan(PayloadPlan plan, const http::Headers& headers,
                                        bool checksums_are_of_body) {
  if (auto planned = plan_payload_line(plan, headers); !planned) {
    return fail(std::move(planned.error()));
  }
  if (checksums_are_of_body) {
    if (auto planned = plan_checksums(plan, headers); !planned) {
      return fail(std::move(planned.error()));
    }
  }
  if (auto planned = plan_md5(plan, headers); !planned) return fail(std::move(planned.error()));
  return plan;
}

}  // namespace

PayloadPlan plan_payload(const sigv4::Authorization& authorization, std::string_view query,
                         const http::Headers& headers) {
  PayloadPlan plan;
  auto line = payload_line(authorization, query, headers);
  if (!line) return plan;
  if (is_sha256(*line)) plan.sha256 = *line;
  if (is_sha256(*line) || *line == sigv4::kUnsignedPayload) plan.signed_as = std::move(*line);
  return plan;
}

ApiResult<PayloadPlan> plan_s3_payload(const sigv4::Authorization& authorization,
                                       std::string_view query, const http::Headers& headers,
                                       bool checksums_are_of_body) {
  auto line = payload_line(authorization, query, headers);
  if (!line && !authorization.presigned) {
    return fail(s3_error("InvalidRequest", 400,
                         "Missing required header for this request: x-amz-content-sha256"));
  }
  PayloadPlan plan;
  plan.signed_as = std::move(line).value_or(std::string(sigv4::kUnsignedPayload));
  return complete_s3_plan(std::move(plan), headers, checksums_are_of_body);
}

ApiResult<PayloadPlan> plan_anonymous_s3_payload(std::string_view, const http::Headers& headers,
                                                 bool checksums_are_of_body) {
  PayloadPlan plan;
  plan.signed_as = sigv4::trim(headers.get(kHashHeader).value_or(sigv4::kUnsignedPayload));
  if (plan.signed_as.starts_with("STREAMING-AWS4-")) {
    return fail(s3_error("InvalidRequest", 400, "Chunks are signed, but the request is not."));
  }
  return complete_s3_plan(std::move(plan), headers, checksums_are_of_body);
}

void unframe_headers(const PayloadPlan& plan,
                     const std::vector<std::pair<std::string, std::string>>& trailers,
                     http::Headers& headers) {
  if (!plan.chunked) return;
  std::string kept;
  for (const auto& coding : sigv4::split(headers.get("Content-Encoding").value_or(""), ',')) {
    const auto name = sigv4::trim(coding);
    if (name.empty() || http::equals_ignore_case(name, "aws-chunked")) continue;
    if (!kept.empty()) kept += ',';
    kept += name;
  }
  if (kept.empty()) {
    headers.remove("Content-Encoding");
  } else {
    headers.set("Content-Encoding", std::move(kept));
  }
  headers.remove("Transfer-Encoding");
  headers.set("Content-Length", std::to_string(plan.decoded_length));
  for (const auto& [name, value] : trailers) headers.set(name, value);
}

}  // namespace kiln::aws
