// SPDX-License-Identifier: Apache-2.0
// The stages up to the operation, on models made by hand: nothing is built behind them, so whoever
// gets through is told NotImplemented.
#include "server/pipeline.h"

#include "async/loop.h"
#include "base/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace kiln::server {
namespace {

using testing::HasSubstr;

constexpr std::array<aws::OperationModel, 1> kS3Operations = {
    {{.name = "PutObject", .http_method = "PUT", .request_uri = "/{Bucket}/{Key+}"}}};
constexpr std::array<aws::OperationModel, 1> kRestOperations = {
    {{.name = "PutThing", .http_method = "PUT", .request_uri = "/things/{Name}"}}};

aws::ServiceModel model(std::string_view name, aws::Protocol protocol,
                        std::span<const aws::OperationModel> operations) {
  aws::ServiceModel out{};
  out.id = name;
  out.signing_name = name;
  out.endpoint_prefix = name;
  out.protocol = protocol;
  out.operations = operations;
  return out;
}

class OneKey final : public iam::CredentialSource {
 public:
  Task<std::expected<iam::Credential, iam::CredentialFailure>> find(std::string access_key_id,
                                                                    std::string session_token,
                                                                    Timestamp) override {
    if (session_token == "expired") co_return std::unexpected(iam::CredentialFailure::kExpired);
    if (!session_token.empty()) co_return std::unexpected(iam::CredentialFailure::kBadToken);
    if (access_key_id != "AK") co_return std::unexpected(iam::CredentialFailure::kUnknownKey);
    iam::Credential credential;
    credential.secret_access_key = "secret";
    credential.principal.kind = aws::Principal::Kind::kRoot;
    credential.principal.account = "000000000000";
    co_return credential;
  }
};

class AnyAction final : public iam::Authorizer {
 public:
  Task<aws::ApiResult<void>> check(const aws::RequestContext&, aws::Authorization) override {
    co_return aws::ApiResult<void>{};
  }
  Task<aws::ApiResult<void>> check_unbuilt(const aws::RequestContext&, std::string) override {
    co_return aws::ApiResult<void>{};
  }
};

class Pieces final : public http::BodyReader {
 public:
  explicit Pieces(std::string whole) : whole_(std::move(whole)) {}
  std::optional<std::uint64_t> length() const override { return whole_.size(); }
  Task<Result<std::string>> read() override {
    std::string piece = whole_.substr(at_, 1000);
    at_ += piece.size();
    co_return piece;
  }
  std::size_t taken() const { return at_; }

 private:
  std::string whole_;
  std::size_t at_ = 0;
};

class PipelineTest : public testing::Test {
 protected:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  http::Response put(std::string service, std::string path, Fields fields, std::string body,
                     std::string secret = "secret") {
    http::Request request;
    request.method = "PUT";
    request.target = std::move(path);
    request.headers.add("Host", "localhost:4566");
    for (auto& [name, value] : fields) request.headers.add(name, value);
    aws::sigv4::sign({"AK", secret, "", "us-east-1", service}, "PUT", request.target, "",
                     request.headers, body, loop_.clock().wall());
    return send(request, std::move(body));
  }

  http::Response send(http::Request& request, std::string body) {
    Pieces reader(std::move(body));
    request.body = &reader;
    http::Response out;
    loop_.run_until_complete(answer(pipeline_, request, out));
    taken_ = reader.taken();
    return out;
  }

  static Task<void> answer(Pipeline& pipeline, http::Request& request, http::Response& out) {
    auto task = pipeline.handle(request);
    out = co_await std::move(task);
  }

  std::size_t taken_ = 0;  // of the last body
  Loop loop_;
  Metrics metrics_;
  SystemRandom random_;
  BlockingPool pool_{1, 10, metrics_};
  aws::ServiceModel s3_ = model("s3", aws::Protocol::kRestXml, kS3Operations);
  aws::ServiceModel rest_ = model("things", aws::Protocol::kRestJson, kRestOperations);
  aws::protocol::Router router_{{&s3_, &rest_}};
  aws::Registry registry_;
  OneKey keys_;
  AnyAction authorizer_;
  Pipeline pipeline_{
      {registry_, router_, keys_, authorizer_, loop_.clock(), random_, metrics_, loop_, pool_},
      {.spool_dir = testing::TempDir(),
       .extra_hosts = {},
       .body_bytes = 300'000,
       .unauthenticated_bytes = 100'000}};
};

TEST_F(PipelineTest, s3_bodies_are_verified_by_what_the_head_says) {
  const std::string hash = sha256_hex("hello");
  EXPECT_EQ(put("s3", "/b/a//..%20/c", {{"X-Amz-Content-Sha256", hash}}, "hello").status, 501);
  auto reply = put("s3", "/b/k", {{"X-Amz-Content-Sha256", hash}}, "hallo");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("<Code>XAmzContentSHA256Mismatch</Code>"));
  reply = put("s3", "/b/k", {{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}, "any");
  EXPECT_EQ(reply.status, 501);
  reply = put("s3", "/b/k", {}, "hello");
  EXPECT_THAT(reply.body, HasSubstr("Missing required header for this request"));
}

TEST_F(PipelineTest, aws_chunked_framing_is_taken_off) {
  const Fields fields = {{"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                         {"X-Amz-Decoded-Content-Length", "11"},
                         {"X-Amz-Trailer", "x-amz-checksum-crc32"},
                         {"Content-Encoding", "aws-chunked"}};
  const std::string body = "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:";
  EXPECT_EQ(put("s3", "/b/k", fields, body + "DUoRhQ==\r\n\r\n").status, 501);
  const auto reply = put("s3", "/b/k", fields, body + "AAAAAA==\r\n\r\n");
  EXPECT_THAT(reply.body, HasSubstr("<Code>BadDigest</Code>"));
}

TEST_F(PipelineTest, a_wrong_signature_is_told_before_the_body_where_the_head_tells) {
  const auto reply = put("s3", "/b/k", {{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}},
                         std::string(50'000, 'x'), "wrong");
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_THAT(reply.body, HasSubstr("<StringToSign>AWS4-HMAC-SHA256"));
  EXPECT_EQ(taken_, 0u);
  EXPECT_EQ(put("things", "/things/a", {{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}},
                std::string(50'000, 'x'), "wrong")
                .status,
            403);
  EXPECT_EQ(taken_, 0u);
  EXPECT_EQ(put("things", "/things/a", {}, "body", "wrong").status, 403);
}

TEST_F(PipelineTest, headers_that_are_not_signed_are_s3_s_concern) {
  http::Request request;
  request.method = "PUT";
  request.target = "/b/k";
  request.headers.add("Host", "localhost");
  request.headers.add("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  aws::sigv4::sign({"AK", "secret", "", "us-east-1", "s3"}, "PUT", "/b/k", "", request.headers, "",
                   loop_.clock().wall());
  request.headers.add("X-Amz-Acl", "public-read");
  const auto reply = send(request, "");
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.body, HasSubstr("<HeadersNotSigned>x-amz-acl</HeadersNotSigned>"));
}

TEST_F(PipelineTest, presigned_urls) {
  const auto ask = [this](std::string service, std::string path, std::string_view hash,
                          std::string body, std::int64_t age_seconds = 0) {
    http::Request request;
    request.method = "PUT";
    request.headers.add("Host", "localhost:4566");
    request.target = path + "?" +
                     aws::sigv4::presign({"AK", "secret", "", "us-east-1", service}, "PUT", path,
                                         "a=%20b", "localhost:4566", hash, 60,
                                         {loop_.clock().wall().ms - age_seconds * 1000});
    return send(request, std::move(body));
  };
  using aws::sigv4::kUnsignedPayload;
  EXPECT_EQ(ask("s3", "/b/k//x", kUnsignedPayload, "any").status, 501);
  EXPECT_EQ(ask("things", "/things/a", sha256_hex("body"), "body").status, 501);
  EXPECT_EQ(ask("things", "/things/a", sha256_hex("body"), "bodx").status, 403);
  const auto late = ask("s3", "/b/k", kUnsignedPayload, "any", 62);
  EXPECT_EQ(late.status, 403);
  EXPECT_THAT(late.body, HasSubstr("<Message>Request has expired</Message><X-Amz-Expires>60<"));
}

TEST_F(PipelineTest, unproven_and_proven_bodies_have_their_own_budgets) {
  const std::string large(150'000, 'x');
  EXPECT_EQ(put("things", "/things/a", {}, large).status, 503);  // nobody knows yet who sends it
  const Fields hashed = {{"X-Amz-Content-Sha256", sha256_hex(large)}};
  EXPECT_EQ(put("things", "/things/a", hashed, large).status, 501);
  const std::string larger(310'000, 'x');
  const auto reply =
      put("things", "/things/a", {{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}, larger);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.get("Retry-After"), "1");
  const auto slow = put("s3", "/b/k", {{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}, larger);
  EXPECT_THAT(slow.body, HasSubstr("<Code>SlowDown</Code>"));
  EXPECT_EQ(metrics_.counter("kiln_body_bytes").value(), 0);
  EXPECT_EQ(metrics_.counter("kiln_unauthenticated_body_bytes").value(), 0);
}

}  // namespace
}  // namespace kiln::server
