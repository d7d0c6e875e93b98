// SPDX-License-Identifier: Apache-2.0
#include "aws/stream.h"

#include <algorithm>

namespace kiln::aws {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }
  Task<Result<std::string>> read() override {
    std::string piece = bytes_.substr(at_, kPiece);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace

ByteStream::ByteStream(std::string bytes)
    : source_(std::make_shared<MemorySource>(std::move(bytes))) {}

Task<Result<std::string>> read_all(ByteStream stream, std::uint64_t max_bytes) {
  std::string all;
  if (!stream) co_return all;
  while (true) {
    auto task = stream.read();
    auto piece = co_await std::move(task);
    if (!piece || piece->empty()) {
      if (!piece) co_return std::unexpected(std::move(piece.error()));
      co_return all;
    }
    if (all.size() + piece->size() > max_bytes) {
      co_return std::unexpected(Error{ErrorCode::kLimitExceeded, "the stream is too long"});
    }
    all += *piece;
  }
}

}  // namespace kiln::aws
