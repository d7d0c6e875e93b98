// SPDX-License-Identifier: Apache-2.0
#pragma once
// Payload: how the body of a signed request is framed, and what must hold for it.
//
// The head gives a PayloadPlan; a PayloadReader then gives out the body without its aws-chunked
// framing, piece by piece, and has verified chunk signatures, trailers, hash and checksums when it
// answers the end. Nothing is buffered, so bytes go out before the signature of their chunk is
// known: whoever stores them commits only after the end.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
// .../sigv4-streaming-trailers.html

#include "aws/api_error.h"
#include "aws/sigv4.h"
#include "base/checksum.h"
#include "base/crypto.h"
#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::aws {

// A checksum of the body that the sender announced. `value` is base64, empty while it is to come in
// a trailer.
struct DeclaredChecksum {
  ChecksumKind kind;
  std::string value;
  bool in_trailer = false;
};

struct PayloadPlan {
  // The last line of the canonical request; empty: the SHA-256 of the whole body.
  std::string signed_as;
  std::string sha256;  // hex, what the body must have; empty: anything
  bool chunked = false;
  bool signed_chunks = false;
  bool trailer = false;
  std::uint64_t decoded_length = 0;  // of chunked bodies
  std::vector<DeclaredChecksum> checksums;
};

// For services other than S3: X-Amz-Content-Sha256 may hold the body's hash or UNSIGNED-PAYLOAD.
PayloadPlan plan_payload(const sigv4::Authorization& authorization, std::string_view query,
                         const http::Headers& headers);
// For S3: X-Amz-Content-Sha256 (required unless presigned), aws-chunked, x-amz-checksum-*,
// Content-MD5. `checksums_are_of_body` is false for CompleteMultipartUpload, whose x-amz-checksum-*
// are those of the object.
ApiResult<PayloadPlan> plan_s3_payload(const sigv4::Authorization& authorization,
                                       std::string_view query, const http::Headers& headers,
                                       bool checksums_are_of_body = true);
// The plan of a request that nobody signed.
ApiResult<PayloadPlan> plan_anonymous_s3_payload(std::string_view query,
                                                 const http::Headers& headers,
                                                 bool checksums_are_of_body = true);
// Makes the head say what a body without aws-chunked framing would: Content-Encoding,
// Content-Length, and the trailers as fields.
void unframe_headers(const PayloadPlan& plan,
                     const std::vector<std::pair<std::string, std::string>>& trailers,
                     http::Headers& headers);

// What signs the chunks of a body: the head's key, date, scope and signature.
struct ChunkSigning {
  std::string key;
  std::string amz_date;
  std::string scope;
  std::string seed;
};

// Takes the framing off an aws-chunked body. Sizes, lines and trailers are bounded.
class ChunkedDecoder {
 public:
  static constexpr std::size_t kMaxLineBytes = 1024;
  static constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
  static constexpr std::uint64_t kMinChunkBytes = 8 * 1024;  // but for the last one

  ChunkedDecoder(const PayloadPlan& plan, ChunkSigning signing);
  // Appends the payload bytes within `in` to `out`.
  ApiResult<void> feed(std::string_view in, std::string& out);
  // The body has ended.
  ApiResult<void> finish();
  // Lower-case names, trimmed values, in order. Complete after finish().
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { kSize, kData, kDataEnd, kTrailer, kDone };

  ApiResult<void> take_data(std::string_view& in, std::string& out);
  ApiResult<void> take_line(std::string_view& in);
  ApiResult<void> begin_chunk(std::string_view line);
  ApiResult<void> end_chunk();
  ApiResult<void> take_trailer(std::string_view line);
  ApiResult<void> check_trailer_signature(std::string_view signature);
  bool signs_trailer() const { return signed_ && trailer_; }

  const bool signed_;
  const bool trailer_;
  const std::uint64_t decoded_length_;
  ChunkSigning signing_;  // `seed` is the signature of what came before
  std::vector<std::string> announced_;
  State state_ = State::kSize;
  std::string line_;
  std::uint64_t left_ = 0;     // of the current chunk
  std::uint64_t size_ = 0;     // of the current chunk
  std::uint64_t decoded_ = 0;  // of all chunks begun
  std::uint64_t chunks_ = 0;
  std::string signature_;  // of the current chunk
  Sha256Stream hash_;      // of the current chunk
  std::vector<std::pair<std::string, std::string>> trailers_;
  std::size_t trailer_bytes_ = 0;
  bool trailer_signed_ = false;
};

// The body of a request by its plan. Owned by the request; one reader.
class PayloadReader final : public http::BodyReader {
 public:
  // `source` outlives the reader.
  PayloadReader(http::BodyReader& source, PayloadPlan plan, ChunkSigning signing = {});

  std::optional<std::uint64_t> length() const override;
  // The source's errors as they are; kInvalidArgument with failure() set when the body is not what
  // its head or its chunks promised.
  Task<Result<std::string>> read() override;

  const PayloadPlan& plan() const { return plan_; }
  const std::optional<ApiError>& failure() const { return failure_; }
  // After the end: the declared checksums, all verified, and the trailers.
  const std::vector<DeclaredChecksum>& checksums() const { return plan_.checksums; }
  const std::vector<std::pair<std::string, std::string>>& trailers() const;

 private:
  ApiResult<void> take(std::string_view piece, std::string& out);
  ApiResult<void> finish();
  ApiResult<void> check(DeclaredChecksum& declared, Checksum& computed);
  std::unexpected<Error> fail_with(ApiError error);

  http::BodyReader& source_;
  PayloadPlan plan_;
  std::optional<ChunkedDecoder> decoder_;
  std::optional<Sha256Stream> hash_;
  std::vector<Checksum> running_;  // beside plan_.checksums
  std::optional<ApiError> failure_;
  bool done_ = false;
};

}  // namespace kiln::aws
