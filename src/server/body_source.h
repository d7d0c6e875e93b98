// SPDX-License-Identifier: Apache-2.0
#pragma once
// BodySource gives a body that has arrived to an operation that reads its payload as a stream.
//
// A body that large is spooled, so a piece costs a copy out of the page cache. An operation is
// written against aws::ByteStream and would not see it if pieces came from the socket.

#include "aws/stream.h"
#include "server/request_body.h"

#include <algorithm>

namespace kiln::server {

class BodySource final : public aws::ByteSource {
 public:
  explicit BodySource(RequestBody body) : body_(std::move(body)) {}
  std::optional<std::uint64_t> length() const override { return body_.view().size(); }
  Task<Result<std::string>> read() override {
    constexpr std::size_t kPiece = 64 * 1024;
    const auto rest = body_.view().substr(at_);
    std::string piece(rest.substr(0, std::min(kPiece, rest.size())));
    at_ += piece.size();
    co_return piece;
  }
  int file() const override { return body_.file(); }

 private:
  RequestBody body_;
  std::size_t at_ = 0;
};

}  // namespace kiln::server
