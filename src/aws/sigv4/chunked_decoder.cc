// SPDX-License-Identifier: Apache-2.0
#include "aws/payload.h"
#include "aws/sigv4/parts.h"
#include "base/encoding.h"

#include <algorithm>
#include <charconv>

namespace kiln::aws {
namespace {

constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

std::unexpected<ApiError> refuse(std::string_view code, int status, std::string message) {
  ApiError error;
  error.code = code;
  error.http_status = status;
  error.message = std::move(message);
  return fail(std::move(error));
}

std::unexpected<ApiError> incomplete_body() {
  return refuse("IncompleteBody", 400,
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header");
}

std::unexpected<ApiError> malformed_chunk() {
  return refuse("InvalidRequest", 400, "The body is not well-formed aws-chunked data.");
}

std::unexpected<ApiError> malformed_trailer() {
  return refuse("MalformedTrailerError", 400,
                "The request contained trailing data that was not well-formed or did not conform "
                "to our published schema.");
}

std::unexpected<ApiError> bad_signature() {
  return refuse("SignatureDoesNotMatch", 403, std::string(sigv4::kS3SignatureMismatch));
}

std::string chunk_string_to_sign(std::string_view algorithm, const ChunkSigning& signing) {
  std::string out(algorithm);
  for (const std::string* part : {&signing.amz_date, &signing.scope, &signing.seed}) {
    out += '\n';
    out += *part;
  }
  out += '\n';
  return out;
}

}  // namespace

ChunkedDecoder::ChunkedDecoder(const PayloadPlan& plan, ChunkSigning signing)
    : signed_(plan.signed_chunks),
      trailer_(plan.trailer),
      decoded_length_(plan.decoded_length),
      signing_(std::move(signing)) {
  for (const auto& declared : plan.checksums) {
    if (!declared.in_trailer) continue;
    announced_.push_back("x-amz-checksum-" + std::string(checksum_name(declared.kind)));
  }
}

ApiResult<void> ChunkedDecoder::feed(std::string_view in, std::string& out) {
  while (!in.empty()) {
    ApiResult<void> taken;
    switch (state_) {
      case State::kData:
        taken = take_data(in, out);
        break;
      case State::kDone:
        return malformed_chunk();
      case State::kSize:
      case State::kDataEnd:
      case State::kTrailer:
        taken = take_line(in);
    }
    if (!taken) return taken;
  }
  return {};
}

ApiResult<void> ChunkedDecoder::take_data(std::string_view& in, std::string& out) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  const std::string_view data = in.substr(0, size);
  in.remove_prefix(size);
  out += data;
  if (signed_) hash_.update(data);
  left_ -= size;
  if (left_ > 0) return {};
  state_ = State::kDataEnd;
  return end_chunk();
}

ApiResult<void> ChunkedDecoder::take_line(std::string_view& in) {
  const auto feed = in.find('\n');
  const std::string_view part = in.substr(0, feed);
  const bool trailing = state_ == State::kTrailer;
  if (line_.size() + part.size() > kMaxLineBytes) {
    return trailing ? malformed_trailer() : malformed_chunk();
  }
  line_ += part;
  in.remove_prefix(feed == std::string_view::npos ? in.size() : feed + 1);
  if (feed == std::string_view::npos) return {};
  const std::string taken = std::exchange(line_, {});
  std::string_view line = taken;
  const bool carriage_return = line.ends_with('\r');
  if (carriage_return) line.remove_suffix(1);
  // Trailer lines come with a bare line feed from some signers.
  if (trailing) return take_trailer(line);
  if (!carriage_return) return malformed_chunk();
  if (state_ == State::kSize) return begin_chunk(line);
  if (!line.empty()) return malformed_chunk();
  state_ = State::kSize;
  return {};
}

ApiResult<void> ChunkedDecoder::begin_chunk(std::string_view line) {
  const auto semicolon = std::min(line.find(';'), line.size());
  const std::string_view digits = line.substr(0, semicolon);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return malformed_chunk();
  }
  constexpr std::string_view kExtension = ";chunk-signature=";
  const std::string_view extension = line.substr(semicolon);
  if (signed_) {
    if (!extension.starts_with(kExtension) || extension.size() != kExtension.size() + 64) {
      return malformed_chunk();
    }
    signature_ = extension.substr(kExtension.size());
  } else if (!extension.empty()) {
    return malformed_chunk();
  }
  ++chunks_;
  if (size > decoded_length_ - decoded_) return incomplete_body();
  if (size > 0 && chunks_ > 1 && size_ < kMinChunkBytes) {
    auto failed = refuse("InvalidChunkSizeError", 403,
                         "Only the last chunk is allowed to have a size less than 8192 bytes");
    failed.error().fields = {{"Chunk", std::to_string(chunks_)},
                             {"BadChunkSize", std::to_string(size_)}};
    return failed;
  }
  decoded_ += size;
  size_ = left_ = size;
  if (signed_) hash_ = Sha256Stream();
  if (size > 0) {
    state_ = State::kData;
    return {};
  }
  if (auto ended = end_chunk(); !ended) return ended;
  if (decoded_ != decoded_length_) return incomplete_body();
  state_ = State::kTrailer;
  return {};
}

ApiResult<void> ChunkedDecoder::end_chunk() {
  if (!signed_) return {};
  std::string to_sign = chunk_string_to_sign("AWS4-HMAC-SHA256-PAYLOAD", signing_);
  to_sign += kEmptySha256;
  to_sign += '\n';
  to_sign += hex_encode(as_view(hash_.finish()));
  std::string expected = sigv4::signature(signing_.key, to_sign);
  if (!constant_time_equal(expected, signature_)) return bad_signature();
  signing_.seed = std::move(expected);
  return {};
}

ApiResult<void> ChunkedDecoder::take_trailer(std::string_view line) {
  trailer_bytes_ += line.size() + 2;
  if (trailer_bytes_ > kMaxTrailerBytes) return malformed_trailer();
  if (line.empty()) {
    // An empty line may also stand between the trailers and their signature.
    if (!signs_trailer() || trailer_signed_) state_ = State::kDone;
    return {};
  }
  const auto colon = line.find(':');
  if (!trailer_ || trailer_signed_ || colon == std::string_view::npos) return malformed_trailer();
  std::string name = sigv4::fold(sigv4::trim(line.substr(0, colon)));
  const std::string_view value = sigv4::trim(line.substr(colon + 1));
  if (name == kTrailerSignature && signs_trailer()) return check_trailer_signature(value);
  const bool again = std::ranges::any_of(trailers_, [&](const auto& t) { return t.first == name; });
  if (again || !sigv4::contains(announced_, name)) return malformed_trailer();
  trailers_.emplace_back(std::move(name), value);
  return {};
}

ApiResult<void> ChunkedDecoder::check_trailer_signature(std::string_view signature) {
  std::string canonical;
  for (const auto& [name, value] : trailers_) {
    canonical.append(name).append(":").append(value).append("\n");
  }
  std::string to_sign = chunk_string_to_sign("AWS4-HMAC-SHA256-TRAILER", signing_);
  to_sign += sha256_hex(canonical);
  if (!constant_time_equal(sigv4::signature(signing_.key, to_sign), signature)) {
    return bad_signature();
  }
  trailer_signed_ = true;
  return {};
}

ApiResult<void> ChunkedDecoder::finish() {
  // Some senders leave the last empty line out; what matters is signed or counted by then.
  const bool ended = state_ == State::kDone || (state_ == State::kTrailer && line_.empty());
  if (!ended) return incomplete_body();
  if (signs_trailer() && !trailer_signed_) return malformed_trailer();
  if (trailers_.size() != announced_.size()) return malformed_trailer();
  state_ = State::kDone;
  return {};
}

}  // namespace kiln::aws
