// SPDX-License-Identifier: Apache-2.0
// "METHOD target" and header lines: the authorization as sent is parsed and checked; then the same
// request is signed by the client's half, in the header and in the query, which the server's half
// must accept.
#include "aws/sigv4.h"

#include "fuzz/fuzz.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

// What the HTTP parser takes for a field's name.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.contains(c);
  });
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  namespace sigv4 = aws::sigv4;
  constexpr Timestamp kNow{1'767'225'600'000};
  std::string_view rest = fuzz::text(data, size);
  std::string_view line = fuzz::take_until(rest, "\n");
  sigv4::SignedRequest request;
  request.method = fuzz::take_until(line, " ");
  request.path = fuzz::take_until(line, "?");
  request.query = line;
  http::Headers headers;
  while (!rest.empty()) {
    std::string_view field = fuzz::take_until(rest, "\n");
    const auto name = fuzz::take_until(field, ": ");
    if (fuzz::is_token(name)) headers.add(std::string(name), std::string(field));
  }
  request.headers = &headers;

  static_cast<void>(sigv4::peek_authorization(headers, request.query));
  const auto sent = sigv4::parse_authorization(headers, request.query);
  if (sent) {
    static_cast<void>(sigv4::check_scope(*sent, headers, "lambda", kNow));
    static_cast<void>(sigv4::check_signature(*sent, request, "UNSIGNED-PAYLOAD", "secret"));
    static_cast<void>(
        sigv4::canonical_request(request, sent->signed_headers, "UNSIGNED-PAYLOAD", false));
  } else {
    FUZZ_CHECK(!sent.error().message.empty());
  }

  headers.remove("authorization");
  headers.remove("date");
  headers.remove("x-amz-date");
  headers.set("Host", "localhost");
  headers.set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  const sigv4::Signer signer{.access_key_id = "AKIDEXAMPLE",
                             .secret_key = "secret",
                             .session_token = "",
                             .region = "us-east-1",
                             .service = "lambda"};
  sigv4::sign(signer, request.method, request.path, request.query, headers, "", kNow);
  const auto own = sigv4::parse_authorization(headers);
  FUZZ_CHECK(own.has_value());
  FUZZ_CHECK(sigv4::check_scope(*own, headers, "lambda", kNow).has_value());
  FUZZ_CHECK(sigv4::check_signature(*own, request, "UNSIGNED-PAYLOAD", "secret").has_value());
  FUZZ_CHECK(!sigv4::check_signature(*own, request, "UNSIGNED-PAYLOAD", "other").has_value());

  if (request.query.find_first_of("X%") != std::string_view::npos) return 0;  // it may be presigned
  const std::string query = sigv4::presign(signer, request.method, request.path, request.query,
                                           "localhost", "UNSIGNED-PAYLOAD", 60, kNow);
  http::Headers bare;
  bare.set("Host", "localhost");
  request.query = query;
  request.headers = &bare;
  const auto presigned = sigv4::parse_authorization(bare, query);
  FUZZ_CHECK(presigned.has_value() && presigned->presigned);
  FUZZ_CHECK(sigv4::check_scope(*presigned, bare, "lambda", kNow).has_value());
  FUZZ_CHECK(sigv4::check_signature(*presigned, request, "UNSIGNED-PAYLOAD", "secret").has_value());
  return 0;
}
