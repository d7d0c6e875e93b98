// SPDX-License-Identifier: Apache-2.0
#include "aws/payload.h"

#include "async/loop.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

#include <deque>

namespace kiln::aws {
namespace {

// The examples of "Signature Calculations: Transferring Payload in Multiple Chunks".
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ChunkSigning kSigning{
    .key = sigv4::signing_key(kSecret, "20130524", "us-east-1", "s3"),
    .amz_date = "20130524T000000Z",
    .scope = "20130524/us-east-1/s3/aws4_request",
    .seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"};
const std::string kData(66'560, 'a');

std::string signed_chunk(std::string_view data, std::string_view signature) {
  char head[32];
  std::snprintf(head, sizeof head, "%zx", data.size());
  return std::string(head) + ";chunk-signature=" + std::string(signature) + "\r\n" +
         std::string(data) + (data.empty() ? "" : "\r\n");
}

std::string documented_body() {
  return signed_chunk(kData.substr(0, 65'536),
                      "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
         signed_chunk(kData.substr(65'536),
                      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
         signed_chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") +
         "\r\n";
}

std::string documented_trailer_body(std::string_view line_end = "\r\n") {
  return signed_chunk(kData.substr(0, 65'536),
                      "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
         signed_chunk(kData.substr(65'536),
                      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
         signed_chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992") +
         "x-amz-checksum-crc32c:sOO8/Q==" + std::string(line_end) +
         "x-amz-trailer-signature:"
         "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}

class Pieces final : public http::BodyReader {
 public:
  Pieces(std::string whole, std::size_t step) : whole_(std::move(whole)), step_(step) {}
  std::optional<std::uint64_t> length() const override { return whole_.size(); }
  Task<Result<std::string>> read() override {
    std::string piece = whole_.substr(std::min(at_, whole_.size()), step_);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string whole_;
  std::size_t step_;
  std::size_t at_ = 0;
};

struct Outcome {
  std::string content;
  std::string code;  // of the failure; empty: none
  std::string message;
  std::vector<std::pair<std::string, std::string>> trailers;
};

Task<void> read_into(Outcome& out, std::string body, std::size_t step, PayloadPlan plan,
                     ChunkSigning signing) {
  Pieces source(std::move(body), step);
  PayloadReader reader(source, std::move(plan), std::move(signing));
  while (true) {
    auto reading = reader.read();
    auto piece = co_await reading;
    if (!piece) {
      out.code = reader.failure() ? reader.failure()->code : "?";
      out.message = reader.failure() ? reader.failure()->message : "?";
      co_return;
    }
    if (piece->empty()) break;
    out.content += *piece;
  }
  out.trailers = reader.trailers();
}

Outcome read(std::string body, PayloadPlan plan, std::size_t step = 1 << 20,
             ChunkSigning signing = kSigning) {
  Loop loop;
  Outcome out;
  loop.run_until_complete(
      read_into(out, std::move(body), step, std::move(plan), std::move(signing)));
  return out;
}

http::Headers headers(std::vector<std::pair<std::string, std::string>> fields) {
  http::Headers out;
  for (auto& [name, value] : fields) out.add(name, value);
  return out;
}

ApiResult<PayloadPlan> plan_of(std::vector<std::pair<std::string, std::string>> fields) {
  return plan_s3_payload({}, "", headers(std::move(fields)));
}

PayloadPlan chunked_plan(std::string line, std::uint64_t length = 66'560,
                         std::string trailer = "") {
  auto plan = plan_of({{"x-amz-content-sha256", line},
                       {"x-amz-decoded-content-length", std::to_string(length)},
                       {"x-amz-trailer", trailer}});
  EXPECT_TRUE(plan) << plan.error().message;
  return *plan;
}
PayloadPlan signed_plan() { return chunked_plan("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"); }
PayloadPlan trailer_plan() {
  return chunked_plan("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", 66'560,
                      "x-amz-checksum-crc32c");
}
PayloadPlan unsigned_plan(std::uint64_t length, std::string trailer = "x-amz-checksum-crc32") {
  return chunked_plan("STREAMING-UNSIGNED-PAYLOAD-TRAILER", length, std::move(trailer));
}
ChunkSigning trailer_signing() {
  ChunkSigning signing = kSigning;
  signing.seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
  return signing;
}

TEST(SignedChunks, the_documented_example_comes_out_whole_in_pieces_of_any_size) {
  for (const std::size_t step : {1u, 7u, 1000u, 65'536u, 1u << 20}) {
    const auto out = read(documented_body(), signed_plan(), step);
    EXPECT_EQ(out.code, "") << step;
    EXPECT_TRUE(out.content == kData) << step;
  }
}

TEST(SignedChunks, the_documented_example_with_a_trailer) {
  for (const char* line_end : {"\r\n", "\n", "\n\r\n"}) {
    const auto out =
        read(documented_trailer_body(line_end), trailer_plan(), 1000, trailer_signing());
    EXPECT_EQ(out.code, "") << out.message;
    EXPECT_TRUE(out.content == kData);
    EXPECT_EQ(
        out.trailers,
        (std::vector<std::pair<std::string, std::string>>{{"x-amz-checksum-crc32c", "sOO8/Q=="}}));
  }
}

TEST(SignedChunks, any_change_breaks_a_signature) {
  const std::string body = documented_body();
  for (const std::size_t at : {100u, 65'000u, 66'000u}) {
    std::string changed = body;
    changed[at] = 'b';
    EXPECT_EQ(read(changed, signed_plan()).code, "SignatureDoesNotMatch") << at;
  }
  std::string swapped = body;
  swapped.replace(swapped.find("b6c6ea8a"), 8, "b6c6ea8b");
  EXPECT_EQ(read(swapped, signed_plan()).code, "SignatureDoesNotMatch");
  std::string trailer = documented_trailer_body();
  trailer.replace(trailer.find("sOO8"), 4, "sOO9");
  EXPECT_EQ(read(trailer, trailer_plan(), 1000, trailer_signing()).code, "SignatureDoesNotMatch");
}

TEST(SignedChunks, what_is_cut_off_is_missed) {
  const std::string body = documented_body();
  for (const std::size_t size : {0u, 10u, 90u, 70'000u}) {
    if (size >= body.size()) continue;
    EXPECT_EQ(read(body.substr(0, size), signed_plan()).code, "IncompleteBody") << size;
  }
  // Without the last chunk, or with its trailer's signature away.
  EXPECT_EQ(read(body.substr(0, body.rfind("0;chunk")), signed_plan()).code, "IncompleteBody");
  const std::string trailer = documented_trailer_body();
  EXPECT_EQ(read(trailer.substr(0, trailer.find("x-amz-trailer-signature")), trailer_plan(), 1000,
                 trailer_signing())
                .code,
            "MalformedTrailerError");
}

TEST(SignedChunks, the_decoded_length_is_enforced_both_ways) {
  EXPECT_EQ(
      read(documented_body(), chunked_plan("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 66'559)).code,
      "IncompleteBody");
  EXPECT_EQ(
      read(documented_body(), chunked_plan("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 66'561)).code,
      "IncompleteBody");
}

TEST(UnsignedChunks, trailing_checksums_are_verified) {
  for (const ChecksumKind kind : kChecksumKinds) {
    if (kind == ChecksumKind::kMd5) continue;
    const std::string name = "x-amz-checksum-" + std::string(checksum_name(kind));
    const auto body = [&](std::string_view of) {
      return "b\r\nhello world\r\n0\r\n" + name + ":" + base64_encode(checksum(kind, of)) +
             "\r\n\r\n";
    };
    const auto out = read(body("hello world"), unsigned_plan(11, name), 3);
    EXPECT_EQ(out.code, "") << out.message;
    EXPECT_EQ(out.content, "hello world");
    EXPECT_EQ(read(body("hello w0rld"), unsigned_plan(11, name)).code, "BadDigest");
  }
}

TEST(UnsignedChunks, malformed_framing_is_refused) {
  const auto code = [](std::string body, std::uint64_t length = 11) {
    return read(std::move(body), unsigned_plan(length)).code;
  };
  const std::string end = "0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
  EXPECT_EQ(code("b\r\nhello world\r\n" + end), "");
  EXPECT_EQ(code("0xb\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("-b\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code(" b\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("b\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("b;a=b\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("b\r\nhello worldX\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code("ffffffffffffffff\r\nhello world\r\n" + end), "IncompleteBody");
  EXPECT_EQ(code("10000000000000000\r\nhello world\r\n" + end), "InvalidRequest");
  EXPECT_EQ(code(std::string(100'000, '1')), "InvalidRequest");
  EXPECT_EQ(code("b\r\nhello world\r\n" + end + "x"), "InvalidRequest");
  EXPECT_EQ(code("b\r\nhello world\r\n0\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("b\r\nhello world\r\n0\r\nx-other:DUoRhQ==\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:!\r\n\r\n"), "InvalidRequest");
  EXPECT_EQ(code("b\r\nhello world\r\n0\r\n" + std::string(100'000, 'x')), "MalformedTrailerError");
}

TEST(UnsignedChunks, only_the_last_chunk_may_be_small) {
  const auto out = read("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", unsigned_plan(11, ""));
  EXPECT_EQ(out.code, "InvalidChunkSizeError");
  EXPECT_EQ(out.message, "Only the last chunk is allowed to have a size less than 8192 bytes");
}

TEST(PlainPayload, hash_and_checksums_of_the_head_are_verified_at_the_end) {
  auto plan = plan_of({{"x-amz-content-sha256", sha256_hex("hello")}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(read("hello", *plan, 2).content, "hello");
  EXPECT_EQ(read("hello", *plan, 2).code, "");
  EXPECT_EQ(read("hallo", *plan, 2).code, "XAmzContentSHA256Mismatch");
  const std::string md5 = base64_encode(checksum(ChecksumKind::kMd5, "hello"));
  plan = plan_of({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, {"Content-MD5", md5}});
  EXPECT_EQ(read("hello", *plan).code, "");
  EXPECT_EQ(read("hallo", *plan).code, "BadDigest");
  const std::string crc = base64_encode(checksum(ChecksumKind::kCrc64Nvme, "hello"));
  plan = plan_of({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, {"x-amz-checksum-crc64nvme", crc}});
  EXPECT_EQ(read("hello", *plan).code, "");
  EXPECT_EQ(read("hallo", *plan).message,
            "The CRC64NVME you specified did not match the calculated checksum.");
}

TEST(Plan, what_s3_refuses_in_a_head) {
  const auto code = [](std::vector<std::pair<std::string, std::string>> fields) {
    auto plan = plan_of(std::move(fields));
    return plan ? "" : plan.error().code;
  };
  EXPECT_EQ(code({}), "InvalidRequest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "x"}}), "InvalidArgument");
  EXPECT_EQ(code({{"x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}}),
            "InvalidRequest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}}),
            "MissingContentLength");
  EXPECT_EQ(code({{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                  {"x-amz-decoded-content-length", "-1"}}),
            "MissingContentLength");
  EXPECT_EQ(code({{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                  {"x-amz-decoded-content-length", "1"},
                  {"x-amz-trailer", "x-amz-meta-a"}}),
            "InvalidRequest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, {"Content-MD5", "x"}}),
            "InvalidDigest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, {"x-amz-checksum-crc32", "AA=="}}),
            "InvalidRequest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
                  {"x-amz-checksum-crc32", "AAAAAA=="},
                  {"x-amz-checksum-crc32c", "AAAAAA=="}}),
            "InvalidRequest");
  EXPECT_EQ(code({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
                  {"x-amz-sdk-checksum-algorithm", "CRC32"}}),
            "InvalidRequest");
}

TEST(Plan, presigned_requests_to_s3_sign_no_body_and_checksums_in_their_query_mean_nothing) {
  sigv4::Authorization a;
  a.presigned = true;
  a.signed_headers = {"host"};
  auto plan = plan_s3_payload(a, "x-amz-checksum-crc32=AAAAAA%3D%3D",
                              headers({{"x-amz-content-sha256", sha256_hex("other")}}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->signed_as, "UNSIGNED-PAYLOAD");
  EXPECT_EQ(plan->sha256, "");
  EXPECT_TRUE(plan->checksums.empty());
}

TEST(Plan, other_services_take_a_hash_or_unsigned_payload_only) {
  const auto line = [](std::string value) {
    return plan_payload({}, "", headers({{"X-Amz-Content-Sha256", value}})).signed_as;
  };
  EXPECT_EQ(plan_payload({}, "", headers({})).signed_as, "");
  EXPECT_EQ(line("UNSIGNED-PAYLOAD"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(line(sha256_hex("a")), sha256_hex("a"));
  EXPECT_EQ(line("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), "");
  EXPECT_EQ(line("anything"), "");
}

TEST(UnframeHeaders, the_operation_sees_the_payload_s_own_head) {
  auto h = headers({{"Content-Encoding", "aws-chunked, gzip"},
                    {"Content-Length", "99"},
                    {"Transfer-Encoding", "chunked"}});
  unframe_headers(unsigned_plan(11), {{"x-amz-checksum-crc32", "DUoRhQ=="}}, h);
  EXPECT_EQ(h.get("content-encoding"), "gzip");
  EXPECT_EQ(h.get("content-length"), "11");
  EXPECT_FALSE(h.contains("transfer-encoding"));
  EXPECT_EQ(h.get("x-amz-checksum-crc32"), "DUoRhQ==");
  h.set("Content-Encoding", "aws-chunked");
  unframe_headers(unsigned_plan(11), {}, h);
  EXPECT_FALSE(h.contains("content-encoding"));
}

}  // namespace
}  // namespace kiln::aws
