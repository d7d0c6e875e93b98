// SPDX-License-Identifier: Apache-2.0
#include "aws/auth_errors.h"
#include "aws/payload.h"
#include "aws/sigv4/parts.h"
#include "base/encoding.h"

#include <algorithm>

namespace kiln::aws {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

ApiError bad_digest(std::string message) {
  ApiError error;
  error.code = "BadDigest";
  error.http_status = 400;
  error.message = std::move(message);
  return error;
}

ApiError invalid_trailer_value(ChecksumKind kind) {
  ApiError error;
  error.code = "InvalidRequest";
  error.http_status = 400;
  error.message = "Value for x-amz-checksum-" + std::string(checksum_name(kind)) +
                  " trailing header is invalid.";
  return error;
}

}  // namespace

PayloadReader::PayloadReader(http::BodyReader& source, PayloadPlan plan, ChunkSigning signing)
    : source_(source), plan_(std::move(plan)) {
  if (plan_.chunked) decoder_.emplace(plan_, std::move(signing));
  if (!plan_.sha256.empty()) hash_.emplace();
  for (const auto& declared : plan_.checksums) running_.emplace_back(declared.kind);
}

std::optional<std::uint64_t> PayloadReader::length() const {
  return plan_.chunked ? plan_.decoded_length : source_.length();
}

const std::vector<std::pair<std::string, std::string>>& PayloadReader::trailers() const {
  static const std::vector<std::pair<std::string, std::string>> kNone;
  return decoder_ ? decoder_->trailers() : kNone;
}

std::unexpected<Error> PayloadReader::fail_with(ApiError error) {
  Error out{ErrorCode::kInvalidArgument, error.code + ": " + error.message};
  failure_ = std::move(error);
  return std::unexpected(std::move(out));
}

Task<Result<std::string>> PayloadReader::read() {
  if (failure_) co_return fail_with(*failure_);
  std::string out;
  while (!done_ && out.empty()) {
    auto reading = source_.read();
    Result<std::string> piece = co_await reading;
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (piece->empty()) {
      done_ = true;
      if (auto finished = finish(); !finished) co_return fail_with(std::move(finished.error()));
      break;
    }
    if (!decoder_) out = std::move(*piece);
    if (auto taken = take(*piece, out); !taken) co_return fail_with(std::move(taken.error()));
  }
  co_return out;
}

// Into `out`, unless it is there already because nothing is to be decoded.
ApiResult<void> PayloadReader::take(std::string_view piece, std::string& out) {
  if (decoder_) {
    if (auto fed = decoder_->feed(piece, out); !fed) return fed;
  }
  if (hash_) hash_->update(out);
  for (auto& checksum : running_) checksum.update(out);
  return {};
}

ApiResult<void> PayloadReader::finish() {
  if (decoder_) {
    if (auto finished = decoder_->finish(); !finished) return finished;
  }
  if (hash_) {
    const std::string computed = hex_encode(as_view(hash_->finish()));
    if (computed != plan_.sha256) {
      return fail(content_hash_error(Protocol::kRestXml, plan_.sha256, computed));
    }
  }
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (auto checked = check(plan_.checksums[i], running_[i]); !checked) return checked;
  }
  return {};
}

ApiResult<void> PayloadReader::check(DeclaredChecksum& declared, Checksum& computed) {
  const std::string_view name = checksum_name(declared.kind);
  if (declared.in_trailer) {
    for (const auto& [trailer, value] : trailers()) {
      if (trailer.ends_with(name) && trailer.size() == name.size() + 15) declared.value = value;
    }
    const auto decoded = base64_decode(declared.value);
    if (!decoded || decoded->size() != checksum_bytes(declared.kind)) {
      return fail(invalid_trailer_value(declared.kind));
    }
  }
  const std::string digest = computed.finish();
  const auto sent = base64_decode(declared.value);
  if (sent && *sent == digest) return {};
  if (declared.kind == ChecksumKind::kMd5) {
    auto error = bad_digest("The Content-MD5 you specified did not match what we received.");
    error.fields = {{"ExpectedDigest", declared.value},
                    {"CalculatedDigest", base64_encode(digest)}};
    return fail(std::move(error));
  }
  return fail(
      bad_digest("The " + upper(name) + " you specified did not match the calculated checksum."));
}

}  // namespace kiln::aws
